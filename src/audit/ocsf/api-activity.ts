import type { AdminCallEvent } from '../events.ts';
import { type OcsfRecord, OTHER, recordOf, type Stamp } from './record.ts';
import { Texts } from './texts.ts';

/** OCSF 1.8.0, API Activity [6003]. */
const API_ACTIVITY = { uid: 6003, name: 'API Activity', category: 'Application Activity' };
const ACTIVITIES: ReadonlyMap<string, readonly [number, string]> = new Map([
  ['POST', [1, 'Create']],
  ['GET', [2, 'Read']],
  ['HEAD', [2, 'Read']],
  ['PUT', [3, 'Update']],
  ['PATCH', [3, 'Update']],
  ['DELETE', [4, 'Delete']],
]);
const CALL = [OTHER, 'Call'] as const;

export function adminCall(event: AdminCallEvent, stamp: Stamp): OcsfRecord {
  const texts = new Texts();
  const { method, status, caller, address } = event;
  // What stands behind a question mark may be anything, a token too.
  const path = texts.of(event.path.split('?', 1)[0] ?? '');
  const failed = status >= 400;
  const known = ACTIVITIES.has(method);
  return recordOf(
    {
      class: API_ACTIVITY,
      activity: ACTIVITIES.get(method) ?? CALL,
      severity: failed ? 'Low' : 'Informational',
      failed,
      code: event.type,
      attributes: {
        actor:
          caller === undefined
            ? { invoked_by: 'a caller without a name' }
            : { user: { name: texts.of(caller) } },
        api: { operation: texts.of(`${method} ${path}`) },
        http_request: { http_method: known ? method : undefined, url: { path } },
        http_response: { code: status },
        src_endpoint: address === undefined ? { name: 'the Unix socket' } : { ip: texts.of(address) },
        status_code: String(status),
      },
      ours: {},
    },
    stamp,
    texts,
  );
}
