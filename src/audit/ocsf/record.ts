import type { Attestation } from '../attestation.ts';
import { LOG_NAME, PRODUCT } from '../product.ts';
import type { Texts } from './texts.ts';

/** When a record is made and what it is called. Time in ms since 1970; uid a UUID. */
export interface Stamp {
  readonly time: number;
  readonly uid: string;
  readonly sequence: number;
  /** What hangs it on a chain; undefined: nothing does yet. */
  readonly attestation?: Attestation | undefined;
}

/** An OCSF event, ready for JSON; members that are undefined are left out there. */
export interface OcsfRecord {
  readonly time: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly unmapped: Readonly<Record<string, unknown>>;
  readonly [attribute: string]: unknown;
}

/** An event class as the schema names it (OCSF 1.8.0). */
export interface EventClass {
  readonly uid: number;
  readonly name: string;
  readonly category: string;
}

/** OCSF's `severity_id` by its caption. */
export const SEVERITY = { Informational: 1, Low: 2, Medium: 3, High: 4 } as const;
export type Severity = keyof typeof SEVERITY;

/** The number that every class has for an activity it does not name. */
export const OTHER = 99;

/** Attributes of classes that a record of ours may have. */
export type Attributes = Readonly<
  Partial<
    Record<
      | 'action'
      | 'action_id'
      | 'actor'
      | 'api'
      | 'app'
      | 'auth_protocol'
      | 'auth_protocol_id'
      | 'connection_info'
      | 'count'
      | 'database'
      | 'disposition'
      | 'disposition_id'
      | 'dst_endpoint'
      | 'duration'
      | 'end_time'
      | 'entity'
      | 'entity_result'
      | 'http_request'
      | 'http_response'
      | 'is_remote'
      | 'log_name'
      | 'logon_type'
      | 'logon_type_id'
      | 'query_info'
      | 'session'
      | 'src_endpoint'
      | 'start_time'
      | 'status_code'
      | 'status_detail'
      | 'tls'
      | 'traffic'
      | 'type'
      | 'type_id'
      | 'user',
      unknown
    >
  >
>;

/** What an event's class, and only it, knows of it. */
export interface EventParts {
  readonly class: EventClass;
  /** `activity_id` and its caption. */
  readonly activity: readonly [number, string];
  readonly severity: Severity;
  readonly failed: boolean;
  /** Our stable word for the event; `metadata.event_code`. */
  readonly code: string;
  /** The connection's or session's id. */
  readonly session?: string | undefined;
  readonly profiles?: readonly string[] | undefined;
  /** Attributes of the class. */
  readonly attributes: Attributes;
  /** What OCSF has no place for. */
  readonly ours: Readonly<Record<string, unknown>>;
}

/**
 * Where the event classes differ in nothing. Members stand in the order of canonical JSON here and wherever a
 * connection's records are made: then nobody has to sort them.
 */
export function recordOf(parts: EventParts, stamp: Stamp, texts: Texts): OcsfRecord {
  const [activity, caption] = parts.activity;
  const { uid, name, category } = parts.class;
  const { attributes } = parts;
  return {
    action: attributes.action,
    action_id: attributes.action_id,
    activity_id: activity,
    activity_name: caption,
    actor: attributes.actor,
    api: attributes.api,
    app: attributes.app,
    auth_protocol: attributes.auth_protocol,
    auth_protocol_id: attributes.auth_protocol_id,
    category_name: category,
    category_uid: Math.trunc(uid / 1000),
    class_name: name,
    class_uid: uid,
    connection_info: attributes.connection_info,
    count: attributes.count,
    database: attributes.database,
    disposition: attributes.disposition,
    disposition_id: attributes.disposition_id,
    dst_endpoint: attributes.dst_endpoint,
    duration: attributes.duration,
    end_time: attributes.end_time,
    entity: attributes.entity,
    entity_result: attributes.entity_result,
    http_request: attributes.http_request,
    http_response: attributes.http_response,
    is_remote: attributes.is_remote,
    log_name: attributes.log_name,
    logon_type: attributes.logon_type,
    logon_type_id: attributes.logon_type_id,
    metadata: metadataOf(parts, stamp, texts),
    query_info: attributes.query_info,
    session: attributes.session,
    severity: parts.severity,
    severity_id: SEVERITY[parts.severity],
    src_endpoint: attributes.src_endpoint,
    start_time: attributes.start_time,
    status: parts.failed ? 'Failure' : 'Success',
    status_code: attributes.status_code,
    status_detail: attributes.status_detail,
    status_id: parts.failed ? 2 : 1,
    time: stamp.time,
    tls: attributes.tls,
    traffic: attributes.traffic,
    type: attributes.type,
    type_id: attributes.type_id,
    type_name: `${name}: ${caption}`,
    type_uid: uid * 100 + activity,
    unmapped: { attestation: stamp.attestation, portcullis: parts.ours },
    user: attributes.user,
  };
}

function metadataOf({ session, code, profiles }: EventParts, stamp: Stamp, texts: Texts) {
  return {
    correlation_uid: session,
    event_code: code,
    is_truncated: texts.cut ? true : undefined,
    log_name: LOG_NAME,
    product: PRODUCT,
    profiles,
    sequence: stamp.sequence,
    uid: stamp.uid,
    version: '1.8.0',
  };
}
