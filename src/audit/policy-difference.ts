import type { CatalogChange, CatalogEntity, ShownValue } from './catalog-change.ts';
import type { Settings, Settled } from './policy-model.ts';
import { LIST } from './policy-settings.ts';

/** Whose setting it is. */
export type PolicyPlace = Pick<CatalogChange, 'project' | 'branch'>;

/** A change without its values. */
export function changed(
  place: PolicyPlace,
  entity: CatalogEntity,
  action: CatalogChange['action'],
  loosens: boolean,
): CatalogChange {
  return { ...place, entity, action, loosens };
}

/** The names of settings that differ. One that an older digest does not have counts as null. */
export function differing(before: Settings, after: Settings): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !isSame(before[name] ?? null, after[name] ?? null));
}

function isSame(before: ShownValue, after: ShownValue): boolean {
  if (!Array.isArray(before) || !Array.isArray(after)) return before === after;
  return before.length === after.length && before.every((entry, index) => entry === after[index]);
}

/** The names of secrets that are other ones, or are there on one side only. */
export function otherSecrets(before: Settled, after: Settled): string[] {
  const names = new Set([...Object.keys(before.secrets), ...Object.keys(after.secrets)]);
  return [...names].filter((name) => before.secrets[name] !== after.secrets[name]);
}

/** `setting=value` for people; what is not set is left out, unless it is asked for. Lists are told by themselves. */
export function written(settings: Settings, names?: readonly string[]): string[] {
  const chosen = names ?? Object.keys(settings).filter((name) => settings[name] !== null && name !== LIST);
  return chosen.map((name) => `${name}=${String(settings[name] ?? 'none')}`);
}
