import type { RefusedEvent } from '../events.ts';
import { reasonOf } from './connection.ts';
import type { EventParts } from './record.ts';
import type { Texts } from './texts.ts';

/** OCSF's profile `security_control`, for events in which a control has said yes or no. */
export const CONTROLLED = ['security_control'] as const;

/** What every refusal is, whatever its class. */
export const REFUSED = {
  code: 'refused',
  severity: 'Low',
  failed: true,
  profiles: CONTROLLED,
} as const satisfies Partial<EventParts>;

/** The client left by itself, before it was let in. Told like refusals, as anybody can do it as often. */
export const ABANDONED = {
  code: 'abandoned',
  severity: 'Informational',
  failed: true,
} as const satisfies Partial<EventParts>;

type Told = Pick<EventParts, 'session' | 'attributes' | 'ours'>;

/** How often, between when, why, and that it was our doing. */
export function refusalOf(event: RefusedEvent, parts: Told, texts: Texts): Told {
  const told = countedOf(event, parts, texts);
  if (event.connection.outcome === 'abandoned') return told;
  const denied = { action_id: 2, action: 'Denied', disposition_id: 2, disposition: 'Blocked' };
  return { ...told, attributes: { ...told.attributes, ...denied } };
}

/** How often, between when, and why. Many connections have no one id, address or port. */
export function countedOf(
  { connection, count, from, to, prefix }: RefusedEvent,
  parts: Told,
  texts: Texts,
): Told {
  const told = { ...reasonOf(connection, texts), count, start_time: from, end_time: to };
  const attributes = { ...parts.attributes, ...told };
  // Not the whole of `parts`, which says of an ordinary event that it did not fail.
  if (prefix === undefined) return { session: parts.session, attributes, ours: parts.ours };
  const source = { src_endpoint: sourceOf(prefix, texts), connection_info: undefined, session: undefined };
  return {
    session: undefined,
    attributes: { ...attributes, ...source },
    ours: { ...parts.ours, prefix: texts.of(prefix) },
  };
}

/** One IPv4 address is an address; anything wider is told by its name. */
function sourceOf(prefix: string, texts: Texts): Readonly<Record<string, unknown>> {
  const [, address] = /^([\d.]+)\/32$/.exec(prefix) ?? [];
  return address === undefined ? { name: texts.of(prefix) } : { ip: address };
}
