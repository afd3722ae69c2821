import { equal, ok } from 'node:assert/strict';
import { parseKeyRing } from '../../../src/config/key-ring.ts';
import { isSealed, seal, unseal } from '../../../src/config/sealed.ts';
import { clusterSecret, roleSecret } from '../../../src/config/secret-owner.ts';
import type { Target } from '../target.ts';
import { CANARY, checkMessage, ring } from './configurations.ts';

const NONCE = Buffer.alloc(12, 3);
const OWNER = roleSecret('shop', 'br-a', 'x');

/** The one text that the corpus's ring ever sealed. */
const SEALED = seal(ring, { secret: CANARY, owner: OWNER }, () => NONCE);

/** A sealed secret, and below it the file of keys that it is opened with. */
export const sealed: Target = {
  maxLength: 12_000,
  floorMs: 50,
  seeds: [Buffer.from(SEALED), Buffer.from(`${SEALED}\nk1:${'A'.repeat(43)}=\nk0:${'B'.repeat(43)}=\n`)],
  run(input) {
    const text = input.toString('utf8');
    const end = text.indexOf('\n');
    const [secret, keys] = end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end + 1)];
    checkOpening(unseal(ring, secret, OWNER), secret);
    for (const owner of [roleSecret('shop', 'br-a', 'y'), clusterSecret('shop')])
      ok('problem' in unseal(ring, secret, owner), 'opened for another owner');
    const parsed = parseKeyRing(keys);
    if ('problem' in parsed) return checkMessage(parsed.problem);
    equal(parsed.ring.all.get(parsed.ring.current.id), parsed.ring.current);
    const opened = unseal(parsed.ring, secret, OWNER);
    if ('problem' in opened) return checkMessage(opened.problem);
    checkRoundTrip(secret, keys);
  },
};

/** Whatever opens is what was sealed: not a byte of it can be changed. */
function checkOpening(opened: ReturnType<typeof unseal>, secret: string): void {
  if ('problem' in opened) checkMessage(opened.problem);
  else equal(isSealed(secret) && opened.text, CANARY, 'opened to something else');
}

function checkRoundTrip(secret: string, keys: string): void {
  const parsed = parseKeyRing(keys);
  if ('problem' in parsed) throw new Error(parsed.problem);
  const kept = secret.slice(0, 4000);
  const sealedAgain = seal(parsed.ring, { secret: kept, owner: OWNER }, () => NONCE);
  const again = unseal(parsed.ring, sealedAgain, OWNER);
  equal('text' in again && again.text, kept);
}
