import { randomBytes } from 'node:crypto';
import type { UpstreamTarget } from '../catalog/model.ts';
import { Secret } from '../catalog/secret.ts';
import { ConnectionClosed } from '../legs/leg.ts';
import { deriveKeys } from '../scram/keys.ts';
import { formatNonce, NONCE_LENGTH } from '../scram/messages.ts';
import type { SaltedKeys } from '../scram/salted-keys.ts';
import { StartupParameters } from '../wire/startup-packet.ts';
import { ProtocolViolation } from '../wire/violation.ts';
import { UpstreamError, UpstreamLoginRefused } from './failures.ts';
import { openSession, type UpstreamRequest } from './open-session.ts';
import { type Dial, UpstreamUnreachable } from './ports.ts';

/** The default, in ms. */
const PATIENCE_MS = 10_000;
const SECOND = 1000;

export interface Candidate {
  readonly role: string;
  readonly database: string;
  /** `undefined`: the upstream is said to let the role in without. */
  readonly password: Secret | undefined;
}

/** The role could not be logged in. The message says why, for a person; `cause` is the error that told. */
export class LoginNotProven extends Error {
  override readonly name = 'LoginNotProven';
}

/**
 * Logs in once, as the gateway is going to, and leaves again.
 * @param patience how long it may take, dialling included, in ms.
 * @returns keys that log in from now on, where the upstream asked for SCRAM; else only the password itself does.
 * @throws LoginNotProven
 */
export async function proveLogin(
  dial: Dial,
  target: UpstreamTarget,
  candidate: Candidate,
  patience = PATIENCE_MS,
): Promise<Secret<SaltedKeys> | undefined> {
  const { role, database, password } = candidate;
  let keys: SaltedKeys | undefined;
  const keysFor = async (salt: Buffer, iterations: number): Promise<SaltedKeys | undefined> => {
    keys = password && { ...(await deriveKeys(password.reveal(), salt, iterations)), salt, iterations };
    return keys;
  };
  const settings = { user: role, database, application_name: 'portcullis' };
  const request: UpstreamRequest = {
    target,
    version: { major: 3, minor: 0 },
    parameters: new StartupParameters(new Map()).with(settings),
    credentials: { role, password, scram: password && { keysFor } },
    nonce: formatNonce(randomBytes(NONCE_LENGTH)),
  };
  try {
    const session = await openSession(dial, request, AbortSignal.timeout(patience));
    session.leg.destroy();
  } catch (error) {
    throw new LoginNotProven(reason(error, patience), { cause: error });
  }
  return keys && new Secret(keys);
}

function reason(error: unknown, patience: number): string {
  if (error instanceof UpstreamLoginRefused) return error.message;
  if (error instanceof UpstreamUnreachable || error instanceof UpstreamError) return error.message;
  if (error instanceof ProtocolViolation || error instanceof ConnectionClosed)
    return `it broke off: ${error.message}`;
  return `no answer within ${patience / SECOND} s`;
}
