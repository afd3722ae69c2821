import type { TrailEvent } from '../events.ts';
import { LOG_NAME } from '../product.ts';
import { actorOf } from './actor.ts';
import { type EventParts, type OcsfRecord, OTHER, recordOf, type Stamp } from './record.ts';
import { Texts } from './texts.ts';

/** OCSF 1.8.0, Event Log Activity [1008]. */
const EVENT_LOG_ACTIVITY = { uid: 1008, name: 'Event Log Activity', category: 'System Activity' };
const DELETE = [2, 'Delete'] as const;
const EXPORT = [3, 'Export'] as const;
const LOSE = [OTHER, 'Lose'] as const;
const RECOVER = [OTHER, 'Recover'] as const;

type Differing = Pick<EventParts, 'activity' | 'severity' | 'failed' | 'attributes' | 'ours'>;

/** What became of the trail itself. */
export function trailEvent(event: TrailEvent, stamp: Stamp): OcsfRecord {
  const texts = new Texts();
  const { attributes, ...parts } = differing(event, texts);
  return recordOf(
    {
      ...parts,
      class: EVENT_LOG_ACTIVITY,
      code: event.type,
      attributes: { ...attributes, log_name: LOG_NAME },
    },
    stamp,
    texts,
  );
}

function differing(event: TrailEvent, texts: Texts): Differing {
  switch (event.type) {
    case 'recovered':
      return {
        activity: RECOVER,
        severity: 'Low',
        failed: false,
        attributes: {},
        ours: { segment: texts.of(event.segment), torn_bytes: event.tornBytes },
      };
    case 'events-lost':
      return {
        activity: LOSE,
        severity: 'High',
        failed: true,
        attributes: {
          count: event.count,
          start_time: event.from,
          end_time: event.to,
          status_detail: texts.of(event.reason),
        },
        ours: {},
      };
    case 'trail-purged':
      return {
        activity: DELETE,
        severity: 'Low',
        failed: false,
        attributes: { actor: actorOf(event.by, texts), count: event.segments.length },
        ours: { segments: texts.list(event.segments), up_to: { ...event.upTo } },
      };
    case 'trail-exported':
      return {
        activity: EXPORT,
        severity: 'Low',
        failed: false,
        attributes: {
          actor: actorOf(event.by, texts),
          count: event.records,
          start_time: event.from,
          end_time: event.to,
        },
        ours: {},
      };
  }
}
