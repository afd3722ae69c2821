import type { ConnectionFacts } from './events.ts';

/** One more than a record shows, so that it still says that something was cut (ocsf/texts.ts). */
const MAX_HELD = 257;

/** What several connections can have in common and still be told of them together. */
const COMMON = [
  'reason',
  'detail',
  'project',
  'branch',
  'endpoint',
  'role',
  'database',
  'applicationName',
  'mechanism',
  'via',
] as const satisfies readonly (keyof ConnectionFacts)[];

/**
 * A copy that may wait: the session goes on filling its own. Texts are cut, and made anew: a piece of a string keeps
 * all of it in memory, here a whole startup packet.
 */
export function heldFacts(connection: ConnectionFacts): ConnectionFacts {
  const { tls, certificate } = connection;
  return {
    ...connection,
    tls: tls && { ...tls, servername: held(tls.servername) },
    certificate: certificate && { ...certificate, commonName: held(certificate.commonName) },
    endpoint: held(connection.endpoint),
    role: held(connection.role),
    database: held(connection.database),
    applicationName: held(connection.applicationName),
    detail: held(connection.detail),
  };
}

/**
 * What is left of what connections have in common once another one joins.
 * @param isFirst so far it was one connection's, with all that is known of it.
 */
export function sharedFacts(
  common: ConnectionFacts,
  connection: ConnectionFacts,
  isFirst: boolean,
): ConnectionFacts {
  const differs = COMMON.some((name) => common[name] !== undefined && common[name] !== cut(connection[name]));
  if (!isFirst && !differs) return common;
  const { id, address, outcome } = common;
  const facts: Mutable<ConnectionFacts> = {
    id,
    address,
    port: 0,
    outcome,
    bytesFromClient: 0,
    bytesFromUpstream: 0,
  };
  for (const name of COMMON) {
    if (common[name] === cut(connection[name])) facts[name] = common[name];
  }
  return facts;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function cut(text: string | undefined): string | undefined {
  return text !== undefined && text.length > MAX_HELD ? text.slice(0, MAX_HELD) : text;
}

function held(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  // UTF-16 keeps halves of surrogate pairs as they are.
  return Buffer.from(text.slice(0, MAX_HELD), 'utf16le').toString('utf16le');
}
