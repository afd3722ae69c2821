import type { ConnectionFacts, RefusedEvent } from '../events.ts';
import { endpointsOf, oursOf, reasonOf, tlsOf } from './connection.ts';
import { type EventParts, type OcsfRecord, recordOf, type Stamp } from './record.ts';
import { ABANDONED, REFUSED, refusalOf } from './refusal.ts';
import { Texts } from './texts.ts';

/** OCSF 1.8.0, Network Activity [4001]. */
const NETWORK_ACTIVITY = { uid: 4001, name: 'Network Activity', category: 'Network Activity' };
const OPEN = [1, 'Open'] as const;
const CLOSE = [2, 'Close'] as const;
const FAIL = [4, 'Fail'] as const;
const REFUSE = [5, 'Refuse'] as const;

/** The outcomes of a connection that nobody has to be told of. */
const ORDINARY = new Set<string | undefined>(['closed', 'canceled', 'abandoned']);

export function opened(connection: ConnectionFacts, stamp: Stamp): OcsfRecord {
  const texts = new Texts();
  const parts = partsOf(connection, texts);
  return recordOf({ ...parts, code: 'connection-opened', activity: OPEN }, stamp, texts);
}

/** @param duration ms since accept(). */
export function closed(connection: ConnectionFacts, duration: number, stamp: Stamp): OcsfRecord {
  const texts = new Texts();
  const parts = partsOf(connection, texts);
  const { bytesFromClient, bytesFromUpstream } = connection;
  const ordinary = ORDINARY.has(connection.outcome);
  const attributes = {
    ...parts.attributes,
    ...reasonOf(connection, texts),
    duration: Number.isFinite(duration) ? Math.round(duration) : undefined,
    // "in" is from the destination to the source, "out" the other way (OCSF dictionary).
    traffic: {
      bytes: bytesFromClient + bytesFromUpstream,
      bytes_in: bytesFromUpstream,
      bytes_out: bytesFromClient,
    },
  };
  const ours = { ...parts.ours, outcome: texts.optional(connection.outcome) };
  const severity = ordinary ? 'Informational' : 'Low';
  return recordOf(
    { ...parts, code: 'connection-closed', activity: CLOSE, severity, failed: !ordinary, attributes, ours },
    stamp,
    texts,
  );
}

export function refused(event: RefusedEvent, stamp: Stamp): OcsfRecord {
  const texts = new Texts();
  const parts = partsOf(event.connection, texts);
  const isOurs = event.connection.outcome !== 'abandoned';
  const verdict = isOurs ? { ...REFUSED, activity: REFUSE } : { ...ABANDONED, activity: FAIL };
  return recordOf({ ...parts, ...verdict, ...refusalOf(event, parts, texts) }, stamp, texts);
}

function partsOf(connection: ConnectionFacts, texts: Texts): Omit<EventParts, 'code' | 'activity'> {
  const session = texts.of(connection.id);
  return {
    class: NETWORK_ACTIVITY,
    severity: 'Informational',
    failed: false,
    session,
    attributes: {
      ...endpointsOf(connection, texts),
      tls: tlsOf(connection, texts),
      connection_info: {
        direction: 'Inbound',
        direction_id: 1,
        protocol_name: 'tcp',
        protocol_num: 6,
        session: { uid: session },
      },
    },
    ours: oursOf(connection, texts, ['tls']),
  };
}
