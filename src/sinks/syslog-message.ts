import { shortened } from './shortened.ts';
import type { TrailRecord } from './sink.ts';

/** RFC 5424, 6.2.1: facility 13, "log audit". */
const LOG_AUDIT = 13;
const APP_NAME = 'portcullis';
/** RFC 5424, 6: what a field holds that has no value. */
const NIL = '-';
/** RFC 5424, 6.2.4: a host name has 255 characters of printable ASCII at most. */
const MAX_HOSTNAME = 255;
/**
 * Octets of a message. A receiver takes at least 2048 and should take 8192 (RFC 5424, 6.1; RFC 5425, 4.3.1), which is
 * also rsyslog's maxMessageSize where nobody changes it; it cuts what is longer.
 */
export const MAX_MESSAGE = 8192;

/** RFC 5424, 6.2.1, by OCSF's severity_id. Never 0: many a syslog shouts that at every terminal. */
const SEVERITIES: ReadonlyMap<unknown, number> = new Map([
  [1, 6], // Informational
  [2, 5], // Low: notice
  [3, 4], // Medium: warning
  [4, 3], // High: error
  [5, 2], // Critical
  [6, 1], // Fatal: alert
]);
const INFORMATIONAL = 6;

/** MSGID by OCSF's class_uid. */
const CLASSES: ReadonlyMap<unknown, string> = new Map([
  [1008, 'event_log_activity'],
  [3001, 'account_change'],
  [3002, 'authentication'],
  [3004, 'entity_management'],
  [4001, 'network_activity'],
  [6002, 'application_lifecycle'],
  [6003, 'api_activity'],
  [6005, 'datastore_activity'],
]);

/** Who sends. */
export interface SyslogSender {
  readonly hostname: string;
  readonly pid: number;
}

/**
 * A record as a message of RFC 5424 behind its length (octet counting, RFC 6587, 3.4.1, and RFC 5425, 4.3). The text
 * is the record's JSON in UTF-8, without a byte order mark, which parsers of JSON do not take; of a record that is too
 * large, a smaller one that says so.
 */
export function syslogFrame(record: TrailRecord, sender: SyslogSender): Buffer {
  const header = headerOf(record, sender);
  const room = MAX_MESSAGE - Buffer.byteLength(header);
  const text = Buffer.byteLength(record.line) <= room ? record.line : shortened(record, room);
  const message = Buffer.from(header + text);
  return Buffer.concat([Buffer.from(`${message.length} `), message]);
}

function headerOf({ event }: TrailRecord, { hostname, pid }: SyslogSender): string {
  const priority = LOG_AUDIT * 8 + (SEVERITIES.get(event['severity_id']) ?? INFORMATIONAL);
  const host = hostname.replace(/[^\x21-\x7e]/g, '').slice(0, MAX_HOSTNAME) || NIL;
  const kind = CLASSES.get(event['class_uid']) ?? NIL;
  return `<${priority}>1 ${timeOf(event['time'])} ${host} ${APP_NAME} ${pid} ${kind} ${NIL} `;
}

/** RFC 3339 in UTC with milliseconds, as RFC 5424, 6.2.3, has it. */
function timeOf(time: unknown): string {
  const date = new Date(typeof time === 'number' ? time : Number.NaN);
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999 ? NIL : date.toISOString();
}
