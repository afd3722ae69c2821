import type { CatalogChange, ShownValue } from '../catalog-change.ts';
import type { CatalogChangedEvent } from '../events.ts';
import { actorOf } from './actor.ts';
import { changeParts, placeOf, shownValue } from './catalog-values.ts';
import { type OcsfRecord, OTHER, recordOf, type Stamp } from './record.ts';
import { Texts } from './texts.ts';

/** OCSF 1.8.0, Entity Management [3004]. */
const ENTITY_MANAGEMENT = {
  uid: 3004,
  name: 'Entity Management',
  category: 'Identity & Access Management',
};
const ACTIVITIES = {
  created: [1, 'Create'],
  changed: [3, 'Update'],
  'password-reset': [3, 'Update'],
  deleted: [4, 'Delete'],
} as const;
/** OCSF's `managed_entity.type_id` of a policy; projects, branches and endpoints are none of those it names. */
const POLICY = 5;
const POLICIES = new Set<CatalogChange['entity']>(['allowlist', 'protection', 'policy']);

/** A change of anything in the catalog but a role. */
export function entityChanged(event: CatalogChangedEvent, stamp: Stamp): OcsfRecord {
  const texts = new Texts();
  const { change, actor } = event;
  const { action, before, after } = change;
  const parts = changeParts(event);
  const first = action === 'created' ? after : before;
  const attributes = {
    actor: actorOf(actor, texts),
    entity: entityOf(change, first, texts),
    entity_result: action === 'changed' ? entityOf(change, after, texts) : undefined,
  };
  const ours = { ...parts.ours, ...placeOf(change, texts) };
  return recordOf(
    { ...parts, class: ENTITY_MANAGEMENT, activity: ACTIVITIES[action], attributes, ours },
    stamp,
    texts,
  );
}

function entityOf(
  { entity, project, branch, name }: CatalogChange,
  value: ShownValue | undefined,
  texts: Texts,
): Readonly<Record<string, unknown>> {
  return {
    type_id: POLICIES.has(entity) ? POLICY : OTHER,
    type: entity,
    uid: texts.of(branch ?? project),
    name: texts.optional(name),
    data: shownValue(value, texts),
  };
}
