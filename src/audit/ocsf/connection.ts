import type { ConnectionFacts } from '../events.ts';
import type { Texts } from './texts.ts';

/** What a connection's events have in common, whatever their class. */
export function endpointsOf(connection: ConnectionFacts, texts: Texts): Readonly<Record<string, unknown>> {
  const { local } = connection;
  return {
    src_endpoint: { ip: texts.of(connection.address), port: connection.port },
    dst_endpoint: {
      ip: texts.optional(local?.address),
      port: local?.port,
      svc_name: 'postgresql',
    },
  };
}

/** OCSF's `tls`, which Network Activity alone has; the others tell it under `unmapped`. */
export function tlsOf({ tls }: ConnectionFacts, texts: Texts): Readonly<Record<string, unknown>> | undefined {
  return (
    tls && {
      cipher: texts.of(tls.cipher),
      sni: texts.optional(tls.servername),
      version: texts.of(tls.version),
    }
  );
}

/** Why it went as it did: the stable word, and the text for people. */
export function reasonOf(
  { reason, detail }: Pick<ConnectionFacts, 'reason' | 'detail'>,
  texts: Texts,
): Readonly<Record<string, unknown>> {
  return { status_code: texts.optional(reason), status_detail: texts.optional(detail) };
}

/** Which of the names that OCSF has no place for a class has one for after all. */
type Placed = 'role' | 'tls' | 'mechanism';

/**
 * `unmapped.portcullis` of a connection's event. What some classes add has its place in the order already.
 * @param placed what stands elsewhere in the record.
 */
export function oursOf(
  connection: ConnectionFacts,
  texts: Texts,
  placed: readonly Placed[],
): Readonly<Record<string, unknown>> {
  const { certificate } = connection;
  return {
    application_name: texts.optional(connection.applicationName),
    branch: texts.optional(connection.branch),
    certificate: certificate && {
      common_name: texts.optional(certificate.commonName),
      fingerprint: texts.of(certificate.fingerprint),
    },
    database: texts.optional(connection.database),
    endpoint: texts.optional(connection.endpoint),
    mechanism: placed.includes('mechanism') ? undefined : texts.optional(connection.mechanism),
    outcome: undefined,
    prefix: undefined,
    project: texts.optional(connection.project),
    role: placed.includes('role') ? undefined : texts.optional(connection.role),
    statement: undefined,
    tls: placed.includes('tls') ? undefined : tlsOf(connection, texts),
    upstream: undefined,
    via: texts.optional(connection.via),
    vpc_endpoint: texts.optional(connection.vpcEndpoint),
  };
}
