import type { ErrorFields } from '../wire/error-response.ts';
import { SQLSTATE } from '../wire/sqlstate.ts';

/**
 * Every way in which the gateway says no. Two texts each: what the client may read (`fields`), and what our
 * log says (`message`). `reason` is the stable word for logs, metrics and the audit trail.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly reason: string;
  /** `undefined`: closed without a word, because no answer could be trusted or understood. */
  readonly fields: ErrorFields | undefined;

  constructor(reason: string, fields: ErrorFields | undefined, log: string, cause?: unknown) {
    super(log, { cause });
    this.reason = reason;
    this.fields = fields;
  }
}

function fatal(sqlstate: string, message: string, hint?: string): ErrorFields {
  return { severity: 'FATAL', sqlstate, message, hint };
}

/** Before TLS nothing we say could be believed (PostgreSQL CVE-2024-10977), so nothing is said. */
export function silent(reason: string, log: string, cause?: unknown): Refusal {
  return new Refusal(reason, undefined, log, cause);
}

export function insecure(): Refusal {
  const message = 'connection is insecure (try using "sslmode=require")';
  return new Refusal('no-tls', fatal(SQLSTATE.invalidAuthorization, message), 'startup in plain text');
}

export function addressNotAllowed(address: string): Refusal {
  const message = `This IP address ${address} is not allowed to connect to this endpoint.`;
  const hint = "Add it to the branch's allowlist; check both its IPv4 and its IPv6 form.";
  return new Refusal(
    'address',
    fatal(SQLSTATE.invalidAuthorization, message, hint),
    'address is not on the allowlist',
  );
}

export function endpointUnspecified(): Refusal {
  const hint =
    'Name it in the host name (SNI), or in the connection string: options=endpoint%3D<endpoint id>.';
  return new Refusal(
    'no-endpoint',
    fatal(SQLSTATE.invalidAuthorization, 'endpoint is not specified', hint),
    'no endpoint named, and no only project with a default branch',
  );
}

export function endpointsDiffer(): Refusal {
  const message = 'endpoint in SNI and in options differ';
  return new Refusal('endpoints-differ', fatal(SQLSTATE.invalidAuthorization, message), message);
}

export function noUser(): Refusal {
  const message = 'no PostgreSQL user name specified in startup packet';
  return new Refusal('no-user', fatal(SQLSTATE.invalidAuthorization, message), message);
}

/**
 * PostgreSQL's words (`ClientAuthentication` in auth.c), whatever is wrong: what the client may read.
 *
 * @param fault `missing`, or why the certificate shown is not good.
 */
export function certificateRequired(fault: string, log: string): Refusal {
  const message = 'connection requires a valid client certificate';
  return new Refusal(`certificate-${fault}`, fatal(SQLSTATE.invalidAuthorization, message), log);
}

/** PostgreSQL's words, too, for a good certificate of somebody else. */
export function certificateOfAnother(role: string): Refusal {
  const message = `certificate authentication failed for user "${role}"`;
  return new Refusal(
    'certificate-role',
    fatal(SQLSTATE.invalidAuthorization, message),
    'the client certificate does not name the role',
  );
}

/** One text for a wrong password, an unknown role, an unknown endpoint, a role without login. */
export function authenticationFailed(role: string, why: string): Refusal {
  const message = `password authentication failed for user "${role}"`;
  return new Refusal('password', fatal(SQLSTATE.invalidPassword, message), why);
}

export function channelBindingFailed(log: string): Refusal {
  const message = 'SCRAM channel binding check failed';
  return new Refusal('channel-binding', fatal(SQLSTATE.invalidAuthorization, message), log);
}

export function upstreamUnreachable(log: string, cause?: unknown): Refusal {
  const message = 'upstream is not reachable, try again later';
  return new Refusal('upstream-unreachable', fatal(SQLSTATE.cannotConnectNow, message), log, cause);
}

export function upstreamLoginRefused(log: string): Refusal {
  const message = "upstream refused the gateway's login";
  return new Refusal('upstream-login', fatal(SQLSTATE.invalidAuthorization, message), log);
}

/** Nobody is let in whose admission would not stand in the audit trail. libpq tries its next host. */
export function notOnRecord(log: string, cause?: unknown): Refusal {
  const message = 'the audit trail cannot be written, try again later';
  return new Refusal('audit', fatal(SQLSTATE.cannotConnectNow, message), log, cause);
}

export function handshakeTimeout(): Refusal {
  const message = 'canceling authentication due to timeout';
  return new Refusal('timeout', fatal(SQLSTATE.queryCanceled, message), 'the handshake deadline passed');
}

/** @param what what was wrong, without the peer's bytes. */
export function malformed(what: string): Refusal {
  return new Refusal('protocol', fatal(SQLSTATE.protocolViolation, what), what);
}

/** @param what of which there are too many connections. */
export function tooManyConnections(what: string): Refusal {
  const message = `too many connections for ${what}`;
  return new Refusal('limit', fatal(SQLSTATE.tooManyConnections, message), message);
}

export function lockedOut(seconds: number): Refusal {
  const message = `too many failed logins, try again in ${seconds} s`;
  return new Refusal('locked-out', fatal(SQLSTATE.invalidAuthorization, message), message);
}

export function idleTooLong(): Refusal {
  const message = 'terminating connection due to idle-session timeout';
  return new Refusal('idle', fatal(SQLSTATE.idleSessionTimeout, message), message);
}

export function tooOld(): Refusal {
  const message = 'terminating connection: the session has reached its maximum age';
  return new Refusal('age', fatal(SQLSTATE.adminShutdown, message), message);
}

export function stalled(who: 'client' | 'upstream'): Refusal {
  const message = `terminating connection: the ${who} takes no more data`;
  return new Refusal(`${who}-stalled`, fatal(SQLSTATE.adminShutdown, message), message);
}

export function replicationNotAllowed(): Refusal {
  const message = 'replication is not allowed on this branch';
  return new Refusal('replication', fatal(SQLSTATE.invalidAuthorization, message), message);
}

export function databaseDoesNotExist(database: string): Refusal {
  const message = `database "${database}" does not exist`;
  return new Refusal(
    'database',
    fatal(SQLSTATE.invalidCatalogName, message),
    'database is not of this branch',
  );
}

/** A live session that a change of the catalog no longer admits. */
export function addressNoLonger(): Refusal {
  const message = 'terminating connection: this IP address is no longer allowed';
  return new Refusal('address', fatal(SQLSTATE.adminShutdown, message), message);
}

export function roleChanged(): Refusal {
  const message = 'terminating connection: role was changed';
  return new Refusal('role', fatal(SQLSTATE.adminShutdown, message), message);
}

export function replicationNoLonger(): Refusal {
  const message = 'terminating connection: replication is no longer allowed on this branch';
  return new Refusal('replication', fatal(SQLSTATE.adminShutdown, message), message);
}

export function databaseNoLonger(): Refusal {
  const message = 'terminating connection: the database is no longer one of this branch';
  return new Refusal('database', fatal(SQLSTATE.adminShutdown, message), message);
}

export function branchRemoved(): Refusal {
  const message = 'terminating connection: branch was removed';
  return new Refusal('branch', fatal(SQLSTATE.adminShutdown, message), message);
}

/** Its data are others now. */
export function branchReset(): Refusal {
  const message = 'terminating connection: branch was reset';
  return new Refusal('reset', fatal(SQLSTATE.adminShutdown, message), message);
}

export function endpointRemoved(): Refusal {
  const message = 'terminating connection: endpoint was removed';
  return new Refusal('endpoint', fatal(SQLSTATE.adminShutdown, message), message);
}

/** @param why what a login would be told now. */
export function certificateNoLonger(why: Refusal): Refusal {
  const message = 'terminating connection: the client certificate is no longer accepted';
  return new Refusal('certificate', fatal(SQLSTATE.adminShutdown, message), `${message} (${why.reason})`);
}

/** By an operator's order, told apart from a drain in our log only. */
export function killed(): Refusal {
  const message = 'terminating connection due to administrator command';
  return new Refusal('killed', fatal(SQLSTATE.adminShutdown, message), 'cut by an operator');
}

export function draining(): Refusal {
  const message = 'terminating connection due to administrator command';
  return new Refusal('drain', fatal(SQLSTATE.adminShutdown, message), 'the gateway stops');
}

export function upstreamBroke(log: string): Refusal {
  const message = 'upstream connection was lost';
  return new Refusal('upstream-protocol', fatal(SQLSTATE.protocolViolation, message), log);
}

export function internal(cause: unknown): Refusal {
  const message = 'internal error of the gateway';
  return new Refusal('internal', fatal(SQLSTATE.internalError, message), message, cause);
}

/** What all processes of the gateway share could not be asked for: nobody is let in unchecked. libpq tries its next host. */
export function notAnswered(log: string, cause?: unknown): Refusal {
  const message = 'the gateway is overloaded, try again later';
  return new Refusal('overload', fatal(SQLSTATE.cannotConnectNow, message), log, cause);
}
