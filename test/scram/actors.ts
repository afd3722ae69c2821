import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { type ClientStart, startClient } from '../../src/scram/client.ts';
import { type Credentials, fixedKeys } from '../../src/scram/credentials.ts';
import type { ScramKeys } from '../../src/scram/keys.ts';
import type { Offer } from '../../src/scram/offer.ts';
import { mechanisms, readClientFirst } from '../../src/scram/server.ts';
import { type Verifier, verifierOf } from '../../src/scram/verifier.ts';

export const CLIENT_NONCE = 'rOprNGfwEbeRWgbNEkqO';
export const SERVER_NONCE = '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
export const SALT = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
export const ITERATIONS = 4096;
/** What a certificate's hash looks like. */
export const BINDING = createHash('sha256').update('a certificate').digest();
export const OTHER_BINDING = createHash('sha256').update('the certificate of somebody in between').digest();

/** RFC 5802, section 3, once more and apart from the code under test. */
export function referenceKeys(password: string, salt: Buffer, iterations: number): ScramKeys {
  const salted = pbkdf2Sync(Buffer.from(password, 'utf8'), salt, iterations, 32, 'sha256');
  const key = (name: string): Buffer => createHmac('sha256', salted).update(name).digest();
  return { clientKey: key('Client Key'), serverKey: key('Server Key') };
}

/** Keys and verifier of the password `pencil` of RFC 7677. */
export const KEYS = referenceKeys('pencil', SALT, ITERATIONS);
export const VERIFIER: Verifier = verifierOf(KEYS, SALT, ITERATIONS);

/** Who takes part in an exchange, and what happens to the messages on their way. */
export interface Scene {
  readonly serverBinding?: Buffer | undefined;
  readonly clientBinding?: Buffer | undefined;
  readonly tls?: boolean;
  readonly channelBinding?: Offer['channelBinding'];
  readonly verifier?: Verifier;
  readonly credentials?: Credentials;
  readonly tamper?: (step: Step, message: Buffer) => Buffer;
  readonly tamperMechanisms?: (offered: readonly string[]) => readonly string[];
}

export type Step = 'client-first' | 'server-first' | 'client-final' | 'server-final';

/** What each side believes in the end; a side that was not heard again stays `undefined`. */
export interface Outcome {
  readonly mechanism: string | undefined;
  readonly client: string | undefined;
  readonly server: string | undefined;
  readonly clientKey: Buffer | undefined;
}

/** Lets our client talk to our server. */
export async function converse(scene: Scene): Promise<Outcome> {
  const tamper = scene.tamper ?? ((_step, message) => message);
  const offered = mechanisms(scene.serverBinding);
  const offer = {
    mechanisms: scene.tamperMechanisms?.(offered) ?? offered,
    binding: scene.clientBinding,
    tls: scene.tls ?? true,
    channelBinding: scene.channelBinding ?? 'prefer',
    nonce: CLIENT_NONCE,
  };
  const start = startClient(offer, scene.credentials ?? fixedKeys(KEYS));
  if (start.kind === 'failure') return outcome(undefined, start.code, undefined);
  return await exchange(start, scene, tamper);
}

async function exchange(
  start: ClientStart,
  scene: Scene,
  tamper: NonNullable<Scene['tamper']>,
): Promise<Outcome> {
  const { mechanism } = start;
  const context = { binding: scene.serverBinding, nonce: SERVER_NONCE, verifier: scene.verifier ?? VERIFIER };
  const serverFirst = readClientFirst(mechanism, tamper('client-first', start.initial), context);
  if (serverFirst.kind === 'failure') return outcome(mechanism, undefined, serverFirst.code);
  const clientFinal = await start.first(tamper('server-first', serverFirst.reply));
  if (clientFinal.kind === 'failure') return outcome(mechanism, clientFinal.code, undefined);
  const verdict = serverFirst.final(tamper('client-final', clientFinal.reply));
  if (verdict.kind === 'failure') return outcome(mechanism, undefined, verdict.code);
  if (verdict.kind === 'wrong-proof') return outcome(mechanism, undefined, verdict.kind);
  const believed = clientFinal.final(tamper('server-final', verdict.reply));
  const client = believed.kind === 'failure' ? believed.code : believed.kind;
  return { mechanism, client, server: 'success', clientKey: verdict.clientKey };
}

function outcome(
  mechanism: string | undefined,
  client: string | undefined,
  server: string | undefined,
): Outcome {
  return { mechanism, client, server, clientKey: undefined };
}
