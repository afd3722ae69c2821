import type { ConnectionFacts, RefusedEvent } from '../events.ts';
import { endpointsOf, oursOf } from './connection.ts';
import { type EventParts, type OcsfRecord, OTHER, recordOf, type Stamp } from './record.ts';
import { CONTROLLED, REFUSED, refusalOf } from './refusal.ts';
import { Texts } from './texts.ts';

/** OCSF 1.8.0, Authentication [3002]. */
const AUTHENTICATION = { uid: 3002, name: 'Authentication', category: 'Identity & Access Management' };
const LOGON = [1, 'Logon'] as const;
const LOGOFF = [2, 'Logoff'] as const;

export function loggedIn(connection: ConnectionFacts, stamp: Stamp): OcsfRecord {
  const texts = new Texts();
  const parts = partsOf(connection, texts);
  const allowed = { action_id: 1, action: 'Allowed', disposition_id: 1, disposition: 'Allowed' };
  const attributes = { ...parts.attributes, ...allowed };
  return recordOf(
    { ...parts, code: 'logged-in', activity: LOGON, profiles: CONTROLLED, attributes },
    stamp,
    texts,
  );
}

export function loggedOut(connection: ConnectionFacts, stamp: Stamp): OcsfRecord {
  const texts = new Texts();
  const parts = partsOf(connection, texts);
  const attributes = { ...parts.attributes, status_code: texts.optional(connection.reason) };
  return recordOf({ ...parts, code: 'logged-out', activity: LOGOFF, attributes }, stamp, texts);
}

/** A proof that was verified and found wrong. */
export function loginFailed(event: RefusedEvent, stamp: Stamp): OcsfRecord {
  const texts = new Texts();
  const parts = partsOf(event.connection, texts);
  return recordOf({ ...parts, ...REFUSED, ...refusalOf(event, parts, texts), activity: LOGON }, stamp, texts);
}

function partsOf(connection: ConnectionFacts, texts: Texts): Omit<EventParts, 'code' | 'activity'> {
  const { mechanism } = connection;
  const session = texts.of(connection.id);
  return {
    class: AUTHENTICATION,
    severity: 'Informational',
    failed: false,
    session,
    attributes: {
      ...endpointsOf(connection, texts),
      // OCSF names no SCRAM: "other", and the mechanism's own name.
      auth_protocol_id: mechanism === undefined ? undefined : OTHER,
      auth_protocol: texts.optional(mechanism),
      is_remote: true,
      logon_type_id: 3,
      logon_type: 'Network',
      session: { uid: session },
      // A role that the client gave no name is PostgreSQL's to refuse; here it has the empty one.
      user: { name: texts.of(connection.role ?? '') },
    },
    ours: oursOf(connection, texts, ['role', 'mechanism']),
  };
}
