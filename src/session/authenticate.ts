import { NOWHERE } from '../catalog/nowhere.ts';
import { formatNonce, NONCE_LENGTH } from '../scram/messages.ts';
import { mockVerifier } from '../scram/mock.ts';
import { mechanisms, readClientFirst, type ServerFailure, type ServerFirst } from '../scram/server.ts';
import { DEFAULT_ITERATIONS, type Verifier } from '../scram/verifier.ts';
import { addressPrefix } from '../throttle/prefixes.ts';
import type { RoleLogin } from '../upstream/verifiers.ts';
import {
  authenticationSasl,
  authenticationSaslContinue,
  authenticationSaslFinal,
} from '../wire/backend-messages.ts';
import { MAX_SASL_FRAME_LENGTH } from '../wire/limits.ts';
import { parseSaslInitialResponse, parseSaslResponse } from '../wire/login-messages.ts';
import { Guard } from './guard.ts';
import { authenticationFailed, channelBindingFailed, malformed, type Refusal } from './refusals.ts';
import type { Way } from './route.ts';
import type { Visit } from './visit.ts';

/** Who the client has proved to be, and what the proof yields for the upstream. */
export interface Identity {
  readonly login: RoleLogin;
  readonly verifier: Verifier;
  readonly clientKey: Buffer;
}

/**
 * SCRAM-SHA-256 or -PLUS against the verifier held here (PostgreSQL manual, 54.3). A name that does not exist,
 * on an endpoint that may not exist either, goes through the same motions with a mock verifier. AuthenticationOk
 * is not sent: that waits for the upstream's.
 */
export async function authenticate(visit: Visit, way: Way): Promise<Identity> {
  const { client, binding, record, gate } = visit;
  const guard = new Guard(visit, way);
  await guard.check();
  client.write(authenticationSasl(mechanisms(binding)));
  const initial = parseSaslInitialResponse(await client.readFrame(MAX_SASL_FRAME_LENGTH));
  record.mechanism = initial.mechanism;
  const login = await lookUp(visit, way);
  // Made for known names too, so that its making does not tell them from others.
  const mock = mockFor(visit, way);
  const verifier = login.verifier ?? mock;
  const nonce = formatNonce(gate.randomBytes(NONCE_LENGTH));
  const first = readClientFirst(initial.mechanism, initial.data, { binding, nonce, verifier });
  const started = accepted(first);
  client.write(authenticationSaslContinue(started.reply));
  const verdict = started.final(parseSaslResponse(await client.readFrame(MAX_SASL_FRAME_LENGTH)));
  record.loginMs = visit.elapsed;
  if (verdict.kind === 'failure') throw failureOf(verdict);
  if (verdict.kind === 'wrong-proof' || way.place === undefined) {
    await guard.failed();
    const why = way.place === undefined ? 'no such endpoint' : (login.why ?? 'wrong password');
    throw authenticationFailed(way.role, why);
  }
  await guard.succeeded();
  login.proven();
  client.write(authenticationSaslFinal(verdict.reply));
  return { login, verifier, clientKey: verdict.clientKey };
}

/** A look-up may ask the upstream, whose silence is then the reason if the deadline passes. */
async function lookUp(visit: Visit, { place, role }: Way): Promise<RoleLogin> {
  const { branch } = place ?? NOWHERE;
  const source = addressPrefix(visit.source.address);
  visit.reachingUpstream = true;
  const login = await visit.client.unlessAborted(visit.gate.verifiers.find(branch, role, source));
  visit.reachingUpstream = false;
  return login;
}

/** The name a mock verifier's salt depends on: the same role on two branches has two salts, as real ones have. */
function mockFor({ gate }: Visit, { place, endpoint, role }: Way): Verifier {
  const where = place === undefined ? `endpoint ${endpoint}` : `branch ${place.branch.id}`;
  return mockVerifier(
    gate.mockSecret,
    `${where}\0${role}`,
    place?.branch.scramIterations ?? DEFAULT_ITERATIONS,
  );
}

function accepted(first: ServerFirst | ServerFailure): ServerFirst {
  if (first.kind === 'failure') throw failureOf(first);
  return first;
}

function failureOf(failure: ServerFailure): Refusal {
  return failure.code === 'channel-binding'
    ? channelBindingFailed(failure.reason)
    : malformed(failure.reason);
}
