import { deepEqual, equal } from 'node:assert/strict';
import { MAX_OPENING_LENGTH } from '../../../src/wire/limits.ts';
import { openingLength, parseOpening, serializeCancel } from '../../../src/wire/opening-packet.ts';
import { type StartupParameters, serializeStartup } from '../../../src/wire/startup-packet.ts';
import type { Target } from '../target.ts';
import { unlessViolation } from './violations.ts';

const PROTOCOL_OPTION = '_pq_.';
const CANCEL_CODE = 0x04d2162e;

/** Pairs of a name and a value, and a NUL: the layout that PostgreSQL's manual gives, and nothing behind it. */
const LAYOUT = /^(?:[^\0]+\0[^\0]*\0)*\0$/;
const PAIR = /([^\0]+)\0([^\0]*)\0/g;

/** The packet that a connection begins with, read whole as its length says. */
export const opening: Target = {
  maxLength: MAX_OPENING_LENGTH + 16,
  floorMs: 50,
  run(input) {
    const length = unlessViolation(() => openingLength(input));
    equal(length !== undefined, hasLength(input), 'openingLength');
    if (length === undefined) return;
    const packet = input.subarray(0, length);
    const parsed = unlessViolation(() => parseOpening(packet));
    equal(parsed !== undefined, isPacket(packet), 'parseOpening');
    if (parsed?.kind === 'cancel-request') deepEqual(serializeCancel(parsed.pid, parsed.key), packet);
    if (parsed?.kind !== 'startup') return;
    const settings = [...parsed.parameters.settings()];
    deepEqual(settings.map(asText), settingsIn(packet.subarray(8)));
    checkReading(parsed.parameters);
    const again = parseOpening(serializeStartup(parsed.version, parsed.parameters));
    deepEqual(again.kind === 'startup' && [...again.parameters.settings()], settings);
  },
};

function hasLength(input: Buffer): boolean {
  if (input.length < 8) return false;
  const length = Number(`0x${input.toString('hex', 0, 4)}`);
  return length >= 8 && length <= MAX_OPENING_LENGTH;
}

function isPacket(packet: Buffer): boolean {
  if (packet.length !== packet.readUInt32BE(0)) return false;
  const body = packet.toString('latin1', 8);
  const code = packet.readUInt32BE(4);
  if (code === CANCEL_CODE) return body.length >= 8 && body.length <= 260;
  if (code === CANCEL_CODE + 1 || code === CANCEL_CODE + 2) return body === '';
  return code >>> 16 === 3 && LAYOUT.test(body);
}

/** The last of a name counts, and stands where it stood; protocol options are no settings. */
function settingsIn(body: Buffer): [string, string][] {
  const pairs = [...body.toString('latin1').matchAll(PAIR)].map(
    ([, name, value]) => [`${name}`, `${value}`] as const,
  );
  const last = new Map(pairs.map(([name], index) => [name, index]));
  return pairs
    .filter(([name], index) => last.get(name) === index && !name.startsWith(PROTOCOL_OPTION))
    .map(([name, value]) => [name, value]);
}

function asText([name, value]: readonly [string, Buffer]): [string, string] {
  return [name, value.toString('latin1')];
}

/** What the session reads of them. */
function checkReading(parameters: StartupParameters): void {
  for (const name of ['user', 'database', 'options', 'replication', 'application_name']) {
    const text = unlessViolation(() => parameters.text(name));
    if (text?.includes('\0') === true) throw new Error('a NUL in a value');
  }
  const changed = parameters.with({ user: 'somebody', options: undefined });
  equal(changed.text('user'), 'somebody');
  equal(changed.text('options'), undefined);
}
