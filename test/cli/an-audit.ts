import { join } from 'node:path';
import type { Test } from 'tap';
import type { AuditEvent, ConnectionFacts } from '../../src/audit/events.ts';
import { segmentName } from '../../src/trail/segment-names.ts';
import { loadSigningKey } from '../../src/trail/signing-key.ts';
import { Trail } from '../../src/trail/trail.ts';
import type { TrailOptions } from '../../src/trail/trail-options.ts';
import { Operator } from './operator.ts';

/** What would clear a terminal. */
export const ESCAPE = '\u001b[2J';

function connection(parts: Partial<ConnectionFacts> = {}): ConnectionFacts {
  const who = { address: '203.0.113.7', port: 50_123, role: 'app', branch: 'br-main', endpoint: 'ep-main' };
  return { id: 'c-1', ...who, database: 'shop', bytesFromClient: 1, bytesFromUpstream: 2, ...parts };
}

export const EVENTS: readonly AuditEvent[] = [
  { type: 'logged-in', connection: connection() },
  { type: 'logged-in', connection: connection({ role: `bad${ESCAPE}`, address: '2001:db8::1' }) },
  {
    type: 'refused',
    connection: connection({ outcome: 'refused', reason: 'address', branch: 'br-dev' }),
    count: 1,
    from: Date.now(),
    to: Date.now(),
  },
];

/** A folder with a configuration, and its trail. */
interface Scene {
  readonly operator: Operator;
  readonly dir: string;
  /** Opens the trail as its writer. */
  readonly open: (options?: Partial<TrailOptions>) => Promise<Trail>;
}

export async function scene(t: Test): Promise<Scene> {
  const operator = await Operator.at(t);
  const dir = join(operator.folder, 'var', 'audit');
  const open = async (options: Partial<TrailOptions> = {}): Promise<Trail> =>
    await Trail.open({ dir, signingKey: await loadSigningKey(`${dir}.key`, dir), ...options });
  return { operator, dir, open };
}

/** A trail with these events in it, that nobody writes any more. */
export async function withEvents(t: Test, options?: Partial<TrailOptions>): Promise<Scene> {
  const made = await scene(t);
  const trail = await made.open(options);
  await trail.commit(EVENTS);
  await trail.close();
  return made;
}

export function jsonLines(text: string): { metadata: { sequence: number; event_code?: string } }[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** The first segment's file. */
export const FIRST = `${segmentName(1)}.jsonl`;
