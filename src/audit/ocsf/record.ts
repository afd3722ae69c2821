import { LOG_NAME, PRODUCT } from '../product.ts';
import type { Texts } from './texts.ts';

/** When a record is made and what it is called. Time in ms since 1970; uid a UUID. */
export interface Stamp {
  readonly time: number;
  readonly uid: string;
  readonly sequence: number;
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
  readonly attributes: Readonly<Record<string, unknown>>;
  /** What OCSF has no place for. */
  readonly ours: Readonly<Record<string, unknown>>;
}

/** Where the event classes differ in nothing. */
export function recordOf(parts: EventParts, stamp: Stamp, texts: Texts): OcsfRecord {
  const [activity, caption] = parts.activity;
  const { uid, name, category } = parts.class;
  return {
    ...parts.attributes,
    activity_id: activity,
    activity_name: caption,
    category_uid: Math.trunc(uid / 1000),
    category_name: category,
    class_uid: uid,
    class_name: name,
    type_uid: uid * 100 + activity,
    type_name: `${name}: ${caption}`,
    severity_id: SEVERITY[parts.severity],
    severity: parts.severity,
    status_id: parts.failed ? 2 : 1,
    status: parts.failed ? 'Failure' : 'Success',
    time: stamp.time,
    metadata: {
      version: '1.8.0',
      product: PRODUCT,
      uid: stamp.uid,
      sequence: stamp.sequence,
      log_name: LOG_NAME,
      event_code: parts.code,
      correlation_uid: parts.session,
      profiles: parts.profiles,
      is_truncated: texts.cut ? true : undefined,
    },
    unmapped: { portcullis: parts.ours },
  };
}
