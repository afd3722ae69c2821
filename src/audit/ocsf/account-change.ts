import type { CatalogChangedEvent } from '../events.ts';
import { actorOf } from './actor.ts';
import { changeParts, placeOf, shownValue } from './catalog-values.ts';
import { type OcsfRecord, OTHER, recordOf, type Stamp } from './record.ts';
import { Texts } from './texts.ts';

/** OCSF 1.8.0, Account Change [3001]. */
const ACCOUNT_CHANGE = { uid: 3001, name: 'Account Change', category: 'Identity & Access Management' };
const ACTIVITIES = {
  created: [1, 'Create'],
  'password-reset': [4, 'Password Reset'],
  deleted: [6, 'Delete'],
  changed: [OTHER, 'Change'],
} as const;

/** A change of a role. */
export function roleChanged(event: CatalogChangedEvent, stamp: Stamp): OcsfRecord {
  const texts = new Texts();
  const { change, actor } = event;
  const parts = changeParts(event);
  const attributes = { actor: actorOf(actor, texts), user: { name: texts.of(change.name ?? '') } };
  const ours = {
    ...parts.ours,
    ...placeOf(change, texts),
    before: shownValue(change.before, texts),
    after: shownValue(change.after, texts),
  };
  return recordOf(
    { ...parts, class: ACCOUNT_CHANGE, activity: ACTIVITIES[change.action], attributes, ours },
    stamp,
    texts,
  );
}
