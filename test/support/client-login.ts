import { startClient } from '../../src/scram/client.ts';
import { type Credentials, passwordKeys } from '../../src/scram/credentials.ts';
import type { Frame } from '../../src/wire/frame.ts';
import { type Parameters, saslInitialResponse, saslResponse, startupMessage } from './frontend-messages.ts';
import type { RawClient } from './raw-client.ts';

/** Who logs in, and how; what is not said is as simple as it can be. */
export interface LoginWish {
  readonly user?: string;
  readonly password?: string | Credentials;
  /** Besides the user. */
  readonly parameters?: Parameters;
  readonly minor?: number;
  readonly nonce?: string;
}

/** What the gate greets a client with that it lets in. */
export interface Greeting {
  /** Everything from AuthenticationOk on, ReadyForQuery included. */
  readonly frames: readonly Frame[];
  /** The letters of those frames. */
  readonly letters: string;
  readonly pid: number;
  readonly key: Buffer;
}

export const PASSWORD = 'open sesame';

export const NONCE = 'rOprNGfwEbeRWgbNEkqO';

/** Each password's keys, derived once a salt: PBKDF2 is the slow part of a test. */
const known = new Map<string, Credentials>();

function keysOf(password: string | Credentials): Credentials {
  if (typeof password !== 'string') return password;
  const keys = known.get(password) ?? passwordKeys(password);
  known.set(password, keys);
  return keys;
}

/** Sends the StartupMessage. */
export function sendStartup(client: RawClient, wish: LoginWish = {}): void {
  const { user = 'app', parameters = {}, minor = 0 } = wish;
  const others = Array.isArray(parameters) ? parameters : Object.entries(parameters);
  client.send(startupMessage([['user', user], ...others], minor));
}

/** Answers AuthenticationSASL up to client-final, which is the last thing sent. */
export async function answerSasl(client: RawClient, wish: LoginWish = {}): Promise<void> {
  const offer = await client.expect('R');
  const mechanisms = offer.toString('latin1', 4).split('\0').slice(0, -2);
  const exchange = startClient(
    { mechanisms, binding: undefined, tls: true, channelBinding: 'disable', nonce: wish.nonce ?? NONCE },
    keysOf(wish.password ?? PASSWORD),
  );
  if (exchange.kind === 'failure') throw new Error(exchange.reason);
  client.send(saslInitialResponse(exchange.mechanism, exchange.initial));
  const first = await client.expect('R');
  const proof = await exchange.first(first.subarray(4));
  if (proof.kind === 'failure') throw new Error(proof.reason);
  client.send(saslResponse(proof.reply));
}

/** Reads what comes once the proof was good: SASLFinal, and the greeting up to ReadyForQuery. */
export async function readGreeting(client: RawClient): Promise<Greeting> {
  const final = await client.expect('R');
  if (final.readInt32BE(0) !== 12) throw new Error('no AuthenticationSASLFinal');
  const frames: Frame[] = [];
  for (;;) {
    const frame = await client.readFrame();
    const letter = String.fromCharCode(frame.type);
    if (letter === 'E') throw new Error(`refused: ${frame.body.toString('latin1')}`);
    frames.push(frame);
    if (letter === 'Z') break;
  }
  const keyData = frames.find(({ type }) => type === 'K'.charCodeAt(0))?.body ?? Buffer.alloc(4);
  return {
    frames,
    letters: frames.map(({ type }) => String.fromCharCode(type)).join(''),
    pid: keyData.readInt32BE(0),
    key: keyData.subarray(4),
  };
}

/** A whole login inside TLS that stands. @throws Error where it is refused. */
export async function login(client: RawClient, wish: LoginWish = {}): Promise<Greeting> {
  sendStartup(client, wish);
  await answerSasl(client, wish);
  return await readGreeting(client);
}
