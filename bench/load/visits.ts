import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { UpstreamTarget } from '../../src/catalog/model.ts';
import type { Leg } from '../../src/legs/leg.ts';
import { dialer } from '../../src/net/dial.ts';
import { KEEPALIVE_MS } from '../../src/net/keepalive.ts';
import { type Credentials, passwordKeys } from '../../src/scram/credentials.ts';
import { formatNonce, NONCE_LENGTH } from '../../src/scram/messages.ts';
import { UpstreamLoginRefused } from '../../src/upstream/failures.ts';
import { openSession } from '../../src/upstream/open-session.ts';
import { BACKEND } from '../../src/wire/frame.ts';
import { StartupParameters } from '../../src/wire/startup-packet.ts';
import { query, terminate } from '../../test/support/frontend-messages.ts';
import type { VisitKind, Way } from './order.ts';

/**
 * What a client does at a candidate, by the gateway's own client side: TLS, SCRAM with channel binding, and keys that
 * are derived once, so that the gate is measured and not PBKDF2 in its client.
 */

const NEVER = new AbortController().signal;
const MAX_FRAME = 64 * 1024;
/** Far beyond what a loaded machine needs, in ms. */
const TIMEOUT_MS = 60_000;
/** A web server's visitor, an SSH client, a TLS scanner's old SSLv2 hello, and noise: more than 8 bytes each. */
const SCANS = [
  Buffer.from('GET / HTTP/1.1\r\nHost: db.example.com\r\n\r\n'),
  Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n'),
  Buffer.from('802e0100020015000000100100800200800300800400800500800600400700c0', 'hex'),
  randomBytes(64),
];

const dial = dialer({ timeout: TIMEOUT_MS, keepalive: KEEPALIVE_MS });
/** Derived once a salt, whoever is visited. */
const known = new Map<string, Credentials>();
let scans = 0;

const VISITS: Readonly<Record<VisitKind, (way: Way) => Promise<void>>> = {
  login: async (way) => {
    const leg = await logIn(way);
    await ask(leg);
    leg.write(terminate);
    leg.stream.end();
    await closed(leg);
  },
  handshake: async (way) => {
    const { stream } = await dial(targetOf(way), NEVER);
    stream.destroy();
  },
  refused: async (way) => {
    try {
      (await logIn(way, { options: `endpoint=${way.closedEndpoint}` })).destroy();
    } catch (error) {
      if (error instanceof UpstreamLoginRefused) return;
      throw error;
    }
    throw new Error('a session was admitted that was to be refused');
  },
  garbage: async ({ port }) => await scan(port),
};

/** @returns µs that it took */
export async function visit(kind: VisitKind, way: Way): Promise<number> {
  const from = performance.now();
  await VISITS[kind](way);
  return (performance.now() - from) * 1000;
}

/** A session that has done one query. */
export async function settleIn(way: Way): Promise<Leg> {
  const leg = await logIn(way);
  await ask(leg);
  leg.stream.resume();
  return leg;
}

async function logIn(way: Way, more: Readonly<Record<string, string>> = {}): Promise<Leg> {
  const { role, database, password } = way;
  const scram = known.get(password) ?? passwordKeys(password);
  known.set(password, scram);
  const values = Object.entries({ user: role, database, ...more });
  const request = {
    target: targetOf(way),
    version: { major: 3, minor: 0 },
    parameters: new StartupParameters(new Map(values.map(([name, value]) => [name, Buffer.from(value)]))),
    credentials: { role, scram, password: undefined },
    nonce: formatNonce(randomBytes(NONCE_LENGTH)),
  };
  return (await openSession(dial, request, NEVER)).leg;
}

async function ask(leg: Leg): Promise<void> {
  leg.write(query('SELECT 1'));
  for (;;) {
    const { type } = await leg.readFrame(MAX_FRAME);
    if (type === BACKEND.errorResponse) throw new Error('the query failed');
    if (type === BACKEND.readyForQuery) return;
  }
}

function closed({ stream }: Leg): Promise<void> {
  stream.resume();
  return new Promise((resolve) => {
    if (stream.closed) resolve();
    else stream.once('close', resolve);
  });
}

function scan(port: number): Promise<void> {
  const bytes = SCANS[scans++ % SCANS.length] ?? Buffer.alloc(8);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(bytes));
    socket.on('error', (error) => (socket.connecting ? reject(error) : undefined));
    socket.once('close', () => resolve());
    socket.resume();
  });
}

function targetOf({ port }: Way): UpstreamTarget {
  return {
    host: '127.0.0.1',
    port,
    sslmode: 'require',
    sslrootcert: undefined,
    requireAuth: new Set(['scram-sha-256', 'none']),
    channelBinding: 'prefer',
    proxyProtocol: 'off',
    database: undefined,
  };
}
