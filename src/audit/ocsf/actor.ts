import type { Actor } from '../events.ts';
import type { Texts } from './texts.ts';

/** By what means somebody acted, in words for people. */
const MEANS = {
  file: 'an edit of the file',
  command: 'the portcullis command',
  api: 'the admin listener',
  gateway: 'the gateway',
} as const satisfies Record<Actor['kind'], string>;

/** OCSF's `actor`. */
export function actorOf({ kind, name }: Actor, texts: Texts): Readonly<Record<string, unknown>> {
  return { invoked_by: MEANS[kind], user: name === undefined ? undefined : { name: texts.of(name) } };
}
