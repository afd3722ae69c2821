/** parse_bool's spellings of false: unique prefixes in any case (src/backend/utils/adt/bool.c). `o` is not one. */
const FALSE = /^(?:f|fa|fal|fals|false|n|no|of|off|0)$/i;

/** Its spellings of true; `o` is not one. */
const TRUE = /^(?:t|tr|tru|true|y|ye|yes|on|1)$/i;

/**
 * Whether a startup packet asks for a WAL stream, which would carry every database of the cluster. PostgreSQL
 * takes `database` or a boolean and fails on the rest (ProcessStartupPacket); here all but a plain false counts
 * as asking, the empty value too, so that nothing gets past by being read differently upstream.
 * @param value the startup parameter `replication`, undefined where there is none.
 */
export function wantsReplication(value: string | undefined): boolean {
  return value !== undefined && !FALSE.test(value);
}

/**
 * Whether it asks for the WAL of the whole cluster, physical replication: such a session is in no database, whatever
 * it names (ProcessStartupPacket forgets the name). `database` asks for logical replication, in one database.
 */
export function isPhysicalReplication(value: string | undefined): boolean {
  return value !== undefined && TRUE.test(value);
}
