import { createHash } from 'node:crypto';
import { serialize } from 'pg-protocol';
import type { UpstreamTarget } from '../catalog/model.ts';
import type { Secret } from '../catalog/secret.ts';
import type { Leg } from '../legs/leg.ts';
import { startClient } from '../scram/client.ts';
import type { Credentials } from '../scram/credentials.ts';
import { BACKEND, type Frame } from '../wire/frame.ts';
import { MAX_LOGIN_FRAME_LENGTH } from '../wire/limits.ts';
import { type AuthenticationRequest, parseAuthentication } from '../wire/login-messages.ts';
import { ProtocolViolation } from '../wire/violation.ts';
import { loginError, UpstreamLoginRefused } from './failures.ts';

/** How the gateway proves to the upstream who it is. */
export interface UpstreamCredentials {
  readonly role: string;
  /** `undefined`: nothing to log in by SCRAM with. */
  readonly scram: Credentials | undefined;
  /** Only where the catalog gives one, for upstreams that ask for md5 or cleartext. */
  readonly password: Secret | undefined;
}

/** The upstream's side of a login. */
export interface LoginContext {
  readonly leg: Leg;
  readonly target: Pick<UpstreamTarget, 'requireAuth' | 'channelBinding'>;
  readonly tls: boolean;
  readonly binding: Buffer | undefined;
  /** Our part of the SCRAM nonce: printable, random. */
  readonly nonce: string;
}

/**
 * Answers what the upstream asks until its AuthenticationOk, as far as the branch's `require_auth` allows
 * (libpq's rule of the same name: a login nobody asked a proof for is refused unless `none` is listed).
 * @returns frames that came before and belong to the client: notices, a version negotiation.
 * @throws UpstreamLoginRefused, UpstreamError, ProtocolViolation; as `Leg.read`.
 */
export async function authenticateUpstream(
  context: LoginContext,
  credentials: UpstreamCredentials,
): Promise<Frame[]> {
  const early: Frame[] = [];
  let proven = false;
  for (;;) {
    const request = await nextRequest(context.leg, early);
    if (request.kind === 'ok') {
      if (!proven) requireAllowed(context, 'none');
      return early;
    }
    if (proven) throw new ProtocolViolation('a second authentication request');
    await answer(context, credentials, request);
    proven = true;
  }
}

async function answer(
  context: LoginContext,
  credentials: UpstreamCredentials,
  request: AuthenticationRequest,
): Promise<void> {
  switch (request.kind) {
    case 'sasl':
      requireAllowed(context, 'scram-sha-256');
      return await answerSasl(context, credentials, request.mechanisms);
    case 'md5':
      requireAllowed(context, 'md5');
      return context.leg.write(
        serialize.password(md5Answer(passwordOf(credentials), credentials.role, request.salt)),
      );
    case 'cleartext':
      requireAllowed(context, 'password');
      return context.leg.write(serialize.password(passwordOf(credentials)));
    case 'unsupported':
      throw new UpstreamLoginRefused(
        `it asks for authentication method ${request.code}, which is not supported`,
      );
    default:
      throw new ProtocolViolation('an authentication message out of order');
  }
}

async function answerSasl(
  context: LoginContext,
  credentials: UpstreamCredentials,
  mechanisms: readonly string[],
): Promise<void> {
  const { leg, target, tls, binding, nonce } = context;
  if (credentials.scram === undefined)
    throw new UpstreamLoginRefused('it asks for SCRAM and there are no keys for it');
  const offer = { mechanisms, binding, tls, channelBinding: target.channelBinding, nonce };
  const exchange = startClient(offer, credentials.scram);
  if (exchange.kind === 'failure') throw new UpstreamLoginRefused(exchange.reason);
  leg.write(serialize.sendSASLInitialResponseMessage(exchange.mechanism, exchange.initial.toString('utf8')));
  const challenge = await expectRequest(leg, 'sasl-continue');
  // An upstream may ask for so many rounds that they outlast the deadline.
  const proof = await leg.unlessAborted(exchange.first(challenge.data));
  if (proof.kind === 'failure') throw new UpstreamLoginRefused(proof.reason);
  leg.write(serialize.sendSCRAMClientFinalMessage(proof.reply.toString('utf8')));
  const signature = await expectRequest(leg, 'sasl-final');
  const verdict = proof.final(signature.data);
  if (verdict.kind === 'failure') throw new UpstreamLoginRefused(verdict.reason);
}

async function expectRequest<K extends 'sasl-continue' | 'sasl-final'>(
  leg: Leg,
  kind: K,
): Promise<Extract<AuthenticationRequest, { kind: K }>> {
  const request = await nextRequest(leg, []);
  if (request.kind !== kind) throw new ProtocolViolation('an authentication message out of order');
  return request as Extract<AuthenticationRequest, { kind: K }>;
}

/** Reads on to the next authentication request; other frames that may come before it are kept in `early`. */
async function nextRequest(leg: Leg, early: Frame[]): Promise<AuthenticationRequest> {
  for (;;) {
    const frame = await leg.readFrame(MAX_LOGIN_FRAME_LENGTH);
    switch (frame.type) {
      case BACKEND.authentication:
        return parseAuthentication(frame.body);
      case BACKEND.errorResponse:
        throw loginError(frame, false);
      case BACKEND.negotiateProtocolVersion:
      case BACKEND.noticeResponse:
        if (early.length >= MAX_EARLY_FRAMES) throw new ProtocolViolation('too many messages before login');
        early.push(frame);
        break;
      default:
        throw new ProtocolViolation('a message out of order');
    }
  }
}

/** One version negotiation, and some notices of login hooks; more is not a login. */
const MAX_EARLY_FRAMES = 64;

function requireAllowed(context: LoginContext, method: 'scram-sha-256' | 'md5' | 'password' | 'none'): void {
  if (context.target.requireAuth.has(method)) return;
  throw new UpstreamLoginRefused(
    method === 'none'
      ? 'it let us in without asking for a proof; add "none" to require_auth to accept that'
      : `it asks for ${method}, which the branch's require_auth does not list`,
  );
}

function passwordOf(credentials: UpstreamCredentials): string {
  if (credentials.password === undefined)
    throw new UpstreamLoginRefused('it asks for a password and there is none: set one by roles set-upstream');
  return credentials.password.reveal();
}

/** PostgreSQL manual, 54.2.1 AuthenticationMD5Password: md5 of md5(password, user) and the salt. */
function md5Answer(password: string, user: string, salt: Buffer): string {
  const inner = createHash('md5').update(password).update(user).digest('hex');
  return `md5${createHash('md5').update(inner).update(salt).digest('hex')}`;
}
