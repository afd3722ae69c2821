import { parseAddress } from '../../allowlist/address.ts';
import type { ConnectionFacts, RefusedEvent, UpstreamFacts } from '../events.ts';
import { endpointsOf, oursOf } from './connection.ts';
import { type Attributes, type EventParts, type OcsfRecord, OTHER, recordOf, type Stamp } from './record.ts';
import { countedOf } from './refusal.ts';
import { Texts } from './texts.ts';

/** OCSF 1.8.0, Datastore Activity [6005]. */
const DATASTORE_ACTIVITY = { uid: 6005, name: 'Datastore Activity', category: 'Application Activity' };
const CONNECT = [3, 'Connect'] as const;
const CANCEL = [OTHER, 'Cancel'] as const;

export function upstreamConnected(
  connection: ConnectionFacts,
  upstream: UpstreamFacts,
  stamp: Stamp,
): OcsfRecord {
  const texts = new Texts();
  const parts = datastorePartsOf(connection, texts, upstream);
  return recordOf({ ...parts, code: 'upstream-connected', activity: CONNECT }, stamp, texts);
}

/** An actor must be told of somehow (OCSF's `at_least_one`). */
const MANY = { invoked_by: 'clients of several roles' };

/** The upstream could not be reached, or did not let the gateway in: one session's trouble, or that of many alike. */
export function upstreamFailed(event: RefusedEvent, stamp: Stamp): OcsfRecord {
  const texts = new Texts();
  const { connection, prefix } = event;
  const parts = datastorePartsOf(connection, texts, connection.upstream);
  const { session, attributes, ours } = countedOf(event, parts, texts);
  const { user } = parts.attributes.actor;
  return recordOf(
    {
      ...parts,
      session,
      attributes:
        prefix === undefined ? attributes : { ...attributes, actor: user === undefined ? MANY : { user } },
      ours,
      code: 'upstream-failed',
      activity: CONNECT,
      severity: 'Medium',
      failed: true,
    },
    stamp,
    texts,
  );
}

/** The one who cancels has shown a key and no name. */
export function canceled(connection: ConnectionFacts, stamp: Stamp): OcsfRecord {
  const texts = new Texts();
  const parts = datastorePartsOf(connection, texts, undefined);
  return recordOf({ ...parts, code: 'canceled', activity: CANCEL }, stamp, texts);
}

/** What all events of this class have in common. */
export function datastorePartsOf(
  connection: ConnectionFacts,
  texts: Texts,
  upstream: UpstreamFacts | undefined,
): Omit<EventParts, 'code' | 'activity'> & {
  readonly attributes: Attributes & { readonly actor: Readonly<Record<string, unknown>> };
} {
  const { role } = connection;
  const session = texts.of(connection.id);
  const { src_endpoint, dst_endpoint } = endpointsOf(connection, texts);
  const user = role === undefined ? undefined : { name: texts.of(role) };
  return {
    class: DATASTORE_ACTIVITY,
    severity: 'Informational',
    failed: false,
    session,
    attributes: {
      actor: { session: { uid: session }, user },
      src_endpoint,
      dst_endpoint: upstream === undefined ? dst_endpoint : upstreamEndpoint(upstream, texts),
      database: databaseOf(connection, upstream, texts),
      type_id: 1,
      type: 'Database',
    },
    ours: {
      ...oursOf(connection, texts, ['role']),
      upstream: upstream && { pid: upstream.pid, role: texts.of(upstream.role) },
    },
  };
}

function upstreamEndpoint({ host, port }: UpstreamFacts, texts: Texts): Readonly<Record<string, unknown>> {
  const shown = texts.of(host);
  const isSocket = host.startsWith('/');
  const isAddress = !isSocket && parseAddress(host) !== undefined;
  return {
    hostname: isSocket || isAddress ? undefined : shown,
    ip: isAddress ? shown : undefined,
    name: isSocket ? shown : undefined,
    port,
    svc_name: 'postgresql',
  };
}

/** The upstream's name for it. Where none is known, as in a cancel request, the branch stands for it. */
function databaseOf(
  connection: ConnectionFacts,
  upstream: UpstreamFacts | undefined,
  texts: Texts,
): Readonly<Record<string, unknown>> {
  const name = upstream?.database ?? connection.database;
  return {
    name: texts.optional(name),
    type: 'Relational',
    type_id: 1,
    uid: name === undefined ? texts.of(connection.branch ?? 'unknown') : undefined,
  };
}
