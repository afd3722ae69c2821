import { randomBytes } from 'node:crypto';
import { fixedKeys } from '../../src/scram/credentials.ts';
import { REQUEST_CODE } from '../../src/wire/protocol-version.ts';
import { clientHello } from '../support/client-hello.ts';
import {
  cancelRequest,
  openingPacket,
  query,
  sslRequest,
  startupMessage,
} from '../support/frontend-messages.ts';
import { ROLE } from './account.ts';
import { type Setting, someAddress } from './setting.ts';
import { Fatal, Nonsense, Visitor } from './visitor.ts';

/** Connections that never become sessions. None may have an effect on one that does. */
export type Intruder = (visitor: Visitor, setting: Setting) => Promise<void>;

const KEY_BYTES = 32;
const PATIENCE_MS = 300;

/** Keys of nobody: always a wrong proof, without PBKDF2. */
const wrongKeys = fixedKeys({ clientKey: randomBytes(KEY_BYTES), serverKey: randomBytes(KEY_BYTES) });

export async function portScan(visitor: Visitor, { random, pause }: Setting): Promise<void> {
  if (random.chance(0.5)) await pause(random.between(0, PATIENCE_MS));
  if (random.chance(0.5)) visitor.reset();
}

export async function garbage(visitor: Visitor, { random }: Setting): Promise<void> {
  visitor.leg.write(random.bytes(random.between(1, 2000)));
  visitor.end();
  await visitor.leg.ended();
}

/** CVE-2021-23214: bytes behind the request, before its answer. */
export async function earlyBytes(visitor: Visitor): Promise<void> {
  visitor.leg.write(Buffer.concat([sslRequest, query('SELECT 1')]));
  await visitor.leg.ended();
}

export async function brokenHello(visitor: Visitor, { random, pause }: Setting): Promise<void> {
  const hello = await clientHello(Buffer.from('ep-plain.localhost'));
  visitor.leg.write(hello.subarray(0, random.between(1, hello.length - 1)));
  await pause(random.between(0, PATIENCE_MS));
  if (random.chance(0.5)) visitor.reset();
}

export async function plainStartup(visitor: Visitor): Promise<void> {
  visitor.leg.write(startupMessage({ user: ROLE }));
  await refused(visitor, '28000');
}

export async function malformedStartup(visitor: Visitor, { random }: Setting): Promise<void> {
  await visitor.secure({ direct: random.chance(0.5), servername: 'ep-plain.localhost' });
  visitor.leg.write(openingPacket(REQUEST_CODE.ssl + 1000, random.bytes(random.between(1, 200))));
  await refused(visitor, '08P01');
}

/** Wrong password, unknown role, unknown endpoint: all one to the client. */
export async function guess(visitor: Visitor, { random }: Setting): Promise<void> {
  const endpoint = random.pick(['ep-plain', 'ep-tls', 'ep-real', 'ep-nowhere']);
  const user = random.pick([ROLE, 'nobody', 'admin', 'postgres']);
  await visitor.secure({ direct: random.chance(0.5), servername: `${endpoint}.localhost` });
  try {
    await visitor.logIn({
      user,
      credentials: wrongKeys,
      channelBinding: 'disable',
      minor: 0,
      endpoint: undefined,
    });
  } catch (error) {
    // auth_query asks the real database, which may just be down.
    if (error instanceof Fatal && ['28P01', '57P03'].includes(error.sqlstate)) return;
    throw error;
  }
  throw new Nonsense('a wrong proof was let in');
}

/** Leaves in the middle of SASL, as psql does that has no password. */
export async function quitInSasl(visitor: Visitor, { random }: Setting): Promise<void> {
  await visitor.secure({ direct: random.chance(0.5), servername: 'ep-plain.localhost' });
  visitor.sayHello({ user: ROLE, endpoint: undefined, minor: 0 });
  await visitor.frame('R');
  if (random.chance(0.5)) visitor.reset();
}

export async function guessCancelKey(visitor: Visitor, { random }: Setting): Promise<void> {
  visitor.leg.write(cancelRequest(random.between(1, 5000), random.bytes(random.pick([4, 32]))));
  await visitor.leg.ended();
}

export async function trickle(visitor: Visitor, { random, pause }: Setting): Promise<void> {
  await visitor.secure({ direct: false, servername: 'ep-plain.localhost' });
  for (const byte of startupMessage({ user: ROLE })) {
    visitor.leg.write(Buffer.of(byte));
    if (random.chance(0.05)) await pause(random.between(0, 50));
  }
  await visitor.frame('R');
}

/** Runs one of them, from somewhere. */
export async function intrude(intruder: Intruder, setting: Setting): Promise<void> {
  const visitor = await Visitor.arrive(setting.port, someAddress(setting.random));
  try {
    await intruder(visitor, setting);
  } finally {
    visitor.destroy();
  }
}

async function refused(visitor: Visitor, sqlstate: string): Promise<void> {
  try {
    const { type } = await visitor.frame();
    throw new Nonsense(`${type} came where a refusal was due`);
  } catch (error) {
    if (!(error instanceof Fatal && error.sqlstate === sqlstate)) throw error;
  }
}
