import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Leg } from '../../src/legs/leg.ts';
import { formatNonce, NONCE_LENGTH } from '../../src/scram/messages.ts';
import { type Frame, serializeFrame } from '../../src/wire/frame.ts';
import {
  saslInitialResponse,
  saslResponse,
  sslRequest,
  startupMessage,
} from '../support/frontend-messages.ts';

/** Somebody who logs in with a proof that is wrong. */
export interface Guess {
  readonly role: string;
  readonly endpoint: string;
}

/** Moments of one guess, in µs from the one before. */
export const PHASES = ['handshake', 'offer', 'challenge', 'verdict', 'close'] as const;
export type Phase = (typeof PHASES)[number];
export type Times = Readonly<Record<Phase, number>>;

/** What one guess met: how long everything took, and what was said. */
export interface Tried {
  readonly times: Times;
  /** Every byte of the gate's, the server's part of the nonce replaced. */
  readonly said: string;
  readonly salt: string;
}

const PROOF_BYTES = 32;
const MAX_FRAME = 64 * 1024;
const US = 1000;

/** Guesses once, on a connection of its own, and measures. */
export async function guess(port: number, { role, endpoint }: Guess): Promise<Tried> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const clock = new Clock();
  const plain = new Leg(socket, new AbortController().signal);
  plain.write(sslRequest);
  await plain.read(1);
  const servername = `${endpoint}.example.com`;
  const secured = connectTls({ socket, servername, rejectUnauthorized: false });
  const leg = new Leg(secured, new AbortController().signal);
  await new Promise<void>((resolve, reject) => secured.once('secureConnect', resolve).once('close', reject));
  clock.lap('handshake');
  leg.write(startupMessage({ user: role, database: 'app' }));
  const offer = await leg.readFrame(MAX_FRAME);
  clock.lap('offer');
  const nonce = formatNonce(randomBytes(NONCE_LENGTH));
  leg.write(saslInitialResponse('SCRAM-SHA-256', Buffer.from(`n,,n=,r=${nonce}`)));
  const challenge = await leg.readFrame(MAX_FRAME);
  clock.lap('challenge');
  const { joined, salt } = readChallenge(challenge);
  leg.write(saslResponse(Buffer.from(`c=biws,r=${joined},p=${randomBytes(PROOF_BYTES).toString('base64')}`)));
  const verdict = await leg.readFrame(MAX_FRAME);
  clock.lap('verdict');
  await leg.ended();
  clock.lap('close');
  secured.destroy();
  const said = [offer, challenge, verdict].map(shown).join('\n').replace(joined, '<nonce>');
  return { times: clock.times, said: said.replace(salt, '<salt>'), salt };
}

/** Every guess so often, in turns of a random order, so that none always follows the same other. */
export async function guessInTurns(
  port: number,
  guesses: readonly Guess[],
  tries: number,
): Promise<readonly (readonly Tried[])[]> {
  const tried: Tried[][] = guesses.map(() => []);
  for (let turn = 0; turn < tries; turn += 1) {
    for (const n of shuffled(guesses.length)) {
      const next = guesses[n];
      if (next !== undefined) tried[n]?.push(await guess(port, next));
    }
  }
  return tried;
}

class Clock {
  readonly #times = new Map<Phase, number>();
  #last = performance.now();

  lap(phase: Phase): void {
    const now = performance.now();
    this.#times.set(phase, (now - this.#last) * US);
    // Not `now`: what was done here since is nobody else's time.
    this.#last = performance.now();
  }

  get times(): Times {
    const of = (phase: Phase): number => this.#times.get(phase) ?? Number.NaN;
    return {
      handshake: of('handshake'),
      offer: of('offer'),
      challenge: of('challenge'),
      verdict: of('verdict'),
      close: of('close'),
    };
  }
}

function readChallenge({ body }: Frame): { joined: string; salt: string } {
  const found = /r=([^,]+),s=([^,]+),i=\d+$/.exec(body.toString('latin1', 4));
  const [, joined, salt] = found ?? [];
  if (joined === undefined || salt === undefined) throw new Error(`no challenge: ${body.toString('latin1')}`);
  return { joined, salt };
}

function shown({ type, body }: Frame): string {
  return serializeFrame(type, body).toString('latin1');
}

function shuffled(count: number): number[] {
  const order = Array.from({ length: count }, (_, n) => n);
  return order
    .map((n) => ({ n, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ n }) => n);
}
