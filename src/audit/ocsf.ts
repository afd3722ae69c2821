import type { AuditEvent, CatalogChangedEvent, RefusedEvent } from './events.ts';
import { FAILED_LOGIN } from './failed-login.ts';
import { roleChanged } from './ocsf/account-change.ts';
import { adminCall } from './ocsf/api-activity.ts';
import { lifecycle } from './ocsf/application-lifecycle.ts';
import { loggedIn, loggedOut, loginFailed } from './ocsf/authentication.ts';
import { canceled, upstreamConnected, upstreamFailed } from './ocsf/datastore-activity.ts';
import { entityChanged } from './ocsf/entity-management.ts';
import { trailEvent } from './ocsf/event-log-activity.ts';
import { closed, opened, refused } from './ocsf/network-activity.ts';
import type { OcsfRecord, Stamp } from './ocsf/record.ts';
import { passwordRefused, statementRecord } from './ocsf/statement.ts';

/** How the reasons begin that are the upstream's doing (session/refusals.ts). */
const UPSTREAM_FAULT = 'upstream-';

/** What the trail writes for an event: a record of OCSF 1.8.0, in the class that fits it best. */
export function toOcsf(event: AuditEvent, stamp: Stamp): OcsfRecord {
  switch (event.type) {
    case 'connection-opened':
      return opened(event.connection, stamp);
    case 'connection-closed':
      return closed(event.connection, event.duration, stamp);
    case 'refused':
      return refusal(event, stamp);
    case 'logged-in':
      return loggedIn(event.connection, stamp);
    case 'logged-out':
      return loggedOut(event.connection, stamp);
    case 'upstream-connected':
      return upstreamConnected(event.connection, event.upstream, stamp);
    case 'canceled':
      return canceled(event.connection, stamp);
    case 'statement':
      return statementRecord(event, stamp);
    case 'password-refused':
      return passwordRefused(event, stamp);
    case 'catalog-changed':
      return catalogChanged(event, stamp);
    case 'started':
    case 'stopped':
    case 'reloaded':
      return lifecycle(event, stamp);
    case 'admin-call':
      return adminCall(event, stamp);
    default:
      return trailEvent(event, stamp);
  }
}

function refusal(event: RefusedEvent, stamp: Stamp): OcsfRecord {
  const { reason = '' } = event.connection;
  if (reason === FAILED_LOGIN) return loginFailed(event, stamp);
  return reason.startsWith(UPSTREAM_FAULT) ? upstreamFailed(event, stamp) : refused(event, stamp);
}

function catalogChanged(event: CatalogChangedEvent, stamp: Stamp): OcsfRecord {
  return event.change.entity === 'role' ? roleChanged(event, stamp) : entityChanged(event, stamp);
}
