import { parseErrorFields } from '../wire/error-response.ts';
import { BACKEND, type Frame, serializeFrame } from '../wire/frame.ts';
import { ProtocolViolation } from '../wire/violation.ts';

/** The upstream did not let the gateway in. The message is for our log, never for the client. */
export class UpstreamLoginRefused extends Error {
  override readonly name = 'UpstreamLoginRefused';
}

/** The upstream ended the login with an error that is the client's to read, byte for byte. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly bytes: Buffer;
  readonly sqlstate: string;

  constructor(frame: Frame, fields: ReadonlyMap<string, string>) {
    super(describe(fields));
    this.bytes = serializeFrame(BACKEND.errorResponse, frame.body);
    this.sqlstate = fields.get('C') ?? '';
  }
}

/** Class 28, invalid authorization: about the gateway's credentials, so none of the client's business. */
const AUTHORIZATION_CLASS = '28';

/** Fields that no error lacks (manual, 54.8): one without them would tell a client nothing, or less than nothing. */
const ALWAYS_THERE = [
  ['C', 'SQLSTATE'],
  ['S', 'severity'],
  ['M', 'message'],
] as const;

/**
 * Sorts an ErrorResponse that came while we logged in.
 * @param authenticated whether the upstream had sent AuthenticationOk; what follows concerns the client.
 * @throws ProtocolViolation where it is malformed.
 */
export function loginError(frame: Frame, authenticated: boolean): UpstreamError | UpstreamLoginRefused {
  const fields = parseErrorFields(frame.body);
  for (const [letter, what] of ALWAYS_THERE)
    if (!fields.has(letter)) throw new ProtocolViolation(`an error without ${what}`);
  if (!authenticated && fields.get('C')?.startsWith(AUTHORIZATION_CLASS)) {
    return new UpstreamLoginRefused(describe(fields));
  }
  return new UpstreamError(frame, fields);
}

function describe(fields: ReadonlyMap<string, string>): string {
  return `${fields.get('C') ?? 'no SQLSTATE'}: ${fields.get('M') ?? 'no message'}`;
}
