import type { UpstreamTarget } from '../catalog/model.ts';
import { Leg } from '../legs/leg.ts';
import { BACKEND, type Frame } from '../wire/frame.ts';
import { MAX_LOGIN_FRAME_LENGTH } from '../wire/limits.ts';
import { parseBackendKeyData, parseNegotiateVersion } from '../wire/login-messages.ts';
import type { ProtocolVersion } from '../wire/protocol-version.ts';
import { type StartupParameters, serializeStartup } from '../wire/startup-packet.ts';
import { ProtocolViolation } from '../wire/violation.ts';
import { loginError } from './failures.ts';
import { authenticateUpstream, type UpstreamCredentials } from './login.ts';
import type { Dial, DialedFor } from './ports.ts';

/** All that is needed to be let in by an upstream. */
export interface UpstreamRequest {
  readonly target: UpstreamTarget;
  readonly version: ProtocolVersion;
  /** With `user` and `database` as the upstream knows them. */
  readonly parameters: StartupParameters;
  readonly credentials: UpstreamCredentials;
  readonly nonce: string;
  /** Whose session it is; `undefined`: our own. */
  readonly client?: DialedFor | undefined;
}

/** What BackendKeyData gave us: the right to cancel. */
export interface UpstreamCancelKey {
  readonly pid: number;
  readonly key: Buffer;
}

/** An upstream session that waits for its first query. */
export interface UpstreamSession {
  readonly target: UpstreamTarget;
  readonly leg: Leg;
  /** Notices and ParameterStatus for the client, in their order. */
  readonly greeting: readonly Frame[];
  readonly cancelKey: UpstreamCancelKey | undefined;
  readonly ready: Frame;
  /** When the connection stood, TLS included, before the login began (performance.now()). */
  readonly connectedAt: number;
}

/** More parameters, notices and keys than any server sends; the bounds keep a hostile one from filling us. */
const MAX_GREETING_FRAMES = 1000;
const MAX_GREETING_BYTES = 1024 * 1024;

/**
 * Dials, logs in and reads up to the first ReadyForQuery.
 * @throws UpstreamUnreachable, UpstreamLoginRefused, UpstreamError, ProtocolViolation, ConnectionClosed,
 * or the signal's reason; the connection is then closed.
 */
export async function openSession(
  dial: Dial,
  request: UpstreamRequest,
  signal: AbortSignal,
): Promise<UpstreamSession> {
  const { stream, tls, binding } = await dial(request.target, signal, request.client);
  const connectedAt = performance.now();
  const leg = new Leg(stream, signal);
  try {
    leg.write(serializeStartup(request.version, request.parameters));
    const context = { leg, target: request.target, tls, binding, nonce: request.nonce };
    const early = await authenticateUpstream(context, request.credentials);
    return {
      target: request.target,
      leg,
      connectedAt,
      ...(await readGreeting(leg, greetingOf(early, request.version))),
    };
  } catch (error) {
    leg.destroy();
    throw error;
  }
}

type Greeting = Pick<UpstreamSession, 'greeting' | 'cancelKey' | 'ready'>;

/** Reads on behind AuthenticationOk. @param greeting what came before it for the client, to be continued. */
async function readGreeting(leg: Leg, greeting: Frame[]): Promise<Greeting> {
  let cancelKey: UpstreamCancelKey | undefined;
  let bytes = 0;
  for (let frames = 0; frames < MAX_GREETING_FRAMES && bytes < MAX_GREETING_BYTES; frames += 1) {
    const frame = await leg.readFrame(MAX_LOGIN_FRAME_LENGTH);
    bytes += frame.body.length;
    switch (frame.type) {
      case BACKEND.readyForQuery:
        if (frame.body.length !== 1) throw new ProtocolViolation('invalid length of ReadyForQuery');
        return { greeting, cancelKey, ready: frame };
      case BACKEND.backendKeyData:
        cancelKey = parseBackendKeyData(frame.body);
        break;
      case BACKEND.parameterStatus:
      case BACKEND.noticeResponse:
        greeting.push(frame);
        break;
      case BACKEND.errorResponse:
        throw loginError(frame, true);
      default:
        throw new ProtocolViolation('a message out of order');
    }
  }
  throw new ProtocolViolation('too many messages before the first ReadyForQuery');
}

/** What came before AuthenticationOk and is for the client: notices. */
function greetingOf(early: readonly Frame[], asked: ProtocolVersion): Frame[] {
  for (const frame of early)
    if (frame.type === BACKEND.negotiateProtocolVersion) checkNegotiation(frame, asked);
  return early.filter(({ type }) => type !== BACKEND.negotiateProtocolVersion);
}

/** An upstream older than the client's minor version says so; the client was told ours and needs no more. */
function checkNegotiation(frame: Frame, asked: ProtocolVersion): void {
  const { version, unknownOptions } = parseNegotiateVersion(frame.body);
  if (version.minor > asked.minor || unknownOptions.length > 0)
    throw new ProtocolViolation('an impossible version negotiation');
}
