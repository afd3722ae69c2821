import type { LifecycleEvent } from '../events.ts';
import { PRODUCT } from '../product.ts';
import { type OcsfRecord, OTHER, recordOf, type Stamp } from './record.ts';
import { Texts } from './texts.ts';

/** OCSF 1.8.0, Application Lifecycle [6002]. */
const APPLICATION_LIFECYCLE = {
  uid: 6002,
  name: 'Application Lifecycle',
  category: 'Application Activity',
};
const ACTIVITIES = {
  started: [3, 'Start'],
  stopped: [4, 'Stop'],
  reloaded: [OTHER, 'Reload'],
} as const;

export function lifecycle(event: LifecycleEvent, stamp: Stamp): OcsfRecord {
  const texts = new Texts();
  // Why a gateway stops is no failure of its stopping.
  const failed = event.problem !== undefined && event.type !== 'stopped';
  return recordOf(
    {
      class: APPLICATION_LIFECYCLE,
      activity: ACTIVITIES[event.type],
      severity: failed ? 'Medium' : 'Informational',
      failed,
      code: event.type,
      attributes: { app: PRODUCT, status_detail: texts.optional(event.problem) },
      ours: { what: texts.optional(event.what), configuration: texts.optional(event.configuration) },
    },
    stamp,
    texts,
  );
}
