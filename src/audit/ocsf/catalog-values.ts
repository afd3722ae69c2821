import type { CatalogChange, ShownValue } from '../catalog-change.ts';
import type { CatalogChangedEvent } from '../events.ts';
import type { EventParts } from './record.ts';
import type { Texts } from './texts.ts';

export function shownValue(value: ShownValue | undefined, texts: Texts): unknown {
  if (typeof value === 'string') return texts.of(value);
  return Array.isArray(value) ? texts.list(value) : value;
}

/** What the two classes of a catalog's change have in common. A change that lets somebody in is worth a look. */
export function changeParts({ change, whileDown }: CatalogChangedEvent): Pick<
  EventParts,
  'severity' | 'failed' | 'code'
> & {
  readonly ours: Readonly<Record<string, unknown>>;
} {
  return {
    severity: change.loosens ? 'Medium' : 'Informational',
    failed: false,
    code: 'catalog-changed',
    ours: { loosens: change.loosens, while_down: whileDown === true ? true : undefined },
  };
}

/** Where in the catalog it was, and what came and went in a list. */
export function placeOf(
  { project, branch, added, removed }: CatalogChange,
  texts: Texts,
): Readonly<Record<string, unknown>> {
  return {
    project: texts.of(project),
    branch: texts.optional(branch),
    added: added && texts.list(added),
    removed: removed && texts.list(removed),
  };
}
