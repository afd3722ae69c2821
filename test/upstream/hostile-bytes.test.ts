import { duplexPair } from 'node:stream';
import fc from 'fast-check';
import t from 'tap';
import { openSession } from '../../src/upstream/open-session.ts';
import { backendKeyData } from '../../src/wire/backend-messages.ts';
import { encodeVersion } from '../../src/wire/protocol-version.ts';
import { StartupParameters } from '../../src/wire/startup-packet.ts';
import { anUpstream } from '../catalog/a-catalog.ts';
import { anyBytes, chunksOf, hostileBytes, mutationsOf } from '../support/arbitraries.ts';
import { NONCE } from '../support/client-login.ts';
import { message } from '../support/frontend-messages.ts';
import { int32 } from '../support/result-rows.ts';
import { fatal, notice, ok, parameter, ready, sasl } from '../support/upstream-steps.ts';
import { byPassword } from '../support/upstream-visit.ts';

/** All that a login may end in: anything else would be a defect of ours. */
const KNOWN = new Set([
  'session',
  'UpstreamLoginRefused',
  'UpstreamError',
  'ProtocolViolation',
  'ConnectionClosed',
]);

/** Logs in at an upstream that says these bytes, whatever it hears, and closes. */
async function loginAt(chunks: readonly Buffer[]): Promise<string> {
  const [ours, theirs] = duplexPair();
  theirs.resume();
  for (const chunk of chunks) theirs.write(chunk);
  theirs.end();
  const target = anUpstream({ requireAuth: new Set(['scram-sha-256', 'md5', 'password', 'none']) });
  const request = {
    target,
    version: { major: 3, minor: 2 },
    parameters: new StartupParameters(new Map()).with({ user: 'app' }),
    credentials: byPassword,
    nonce: NONCE,
  };
  const dial = async () => ({ stream: ours, tls: false, binding: undefined });
  const outcome: unknown = await openSession(dial, request, new AbortController().signal).catch(
    (error) => error,
  );
  const name = outcome instanceof Error ? outcome.name : 'session';
  if (name !== 'session' && !ours.destroyed) return 'a connection left open';
  ours.destroy();
  return name;
}

const salt = Buffer.from('salt of 16 bytes').toString('base64');
const SEEDS = [
  Buffer.concat([ok, parameter('a', 'b'), backendKeyData(7, Buffer.from('key!')), ready]),
  Buffer.concat([
    sasl.offer(['SCRAM-SHA-256']),
    sasl.first(Buffer.from(`r=${NONCE}x,s=${salt},i=1`)),
    sasl.last(Buffer.from('v=AAAA')),
    ok,
    ready,
  ]),
  Buffer.concat([
    message('v', int32(encodeVersion({ major: 3, minor: 0 })), int32(0)),
    notice('n'),
    ok,
    ready,
  ]),
  Buffer.concat([message('R', int32(5), 'salt'), ok, fatal('3D000', 'no')]),
  fatal('28000', 'no'),
];

t.test('Whatever an upstream says, a login ends in one of the ways that are known.', async (t) => {
  const bytes = fc.oneof(mutationsOf(SEEDS), hostileBytes(), anyBytes());
  const ends = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(bytes.chain(chunksOf), async (chunks) => {
      const end = await loginAt(chunks);
      ends.set(end, (ends.get(end) ?? 0) + 1);
      return KNOWN.has(end);
    }),
    { numRuns: 400 },
  );
  for (const end of ['session', 'ProtocolViolation', 'ConnectionClosed']) t.ok(ends.get(end), end);
});
