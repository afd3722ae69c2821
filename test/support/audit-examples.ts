import { link, newChain } from '../../src/audit/chain.ts';
import type { AuditEvent } from '../../src/audit/events.ts';
import { valueIn } from '../../src/audit/values.ts';
import { EVENTS, NOON } from './audit-events.ts';

/** What every record has, and docs/audit.md shows once. */
const COMMON = [
  'activity_name',
  'category_name',
  'category_uid',
  'class_name',
  'class_uid',
  'metadata',
  'severity',
  'status_id',
  'time',
  'type_uid',
];

const HEAD = newChain('5a0c9d5e-1111-4222-8333-444455556666', 'b7'.repeat(32));
const LAST = { uid: '01935a4c-8a00-7c3e-9f00-0d2c5e8b1a6e', fingerprint: '3c'.repeat(32) };

/** The examples of docs/audit.md by their titles, as they must stand there. */
export function auditExamples(): Map<string, string> {
  const [first] = Object.values(EVENTS);
  if (first === undefined) throw new Error('there are no events');
  const whole = JSON.stringify(recordOf(first), null, 2);
  return new Map([['A whole record', whole], ...Object.entries(EVENTS).map(toExample)]);
}

/** Puts examples into a document: each into the JSON block under the heading of its title. */
export function withExamples(document: string, examples: ReadonlyMap<string, string>): string {
  return [...examples].reduce((text, [title, example]) => {
    const heading = text.indexOf(`\n### ${title}\n`);
    const start = heading < 0 ? -1 : text.indexOf('```json\n', heading);
    const end = start < 0 ? -1 : text.indexOf('\n```', start);
    if (end < 0) throw new Error(`docs/audit.md has no example under "### ${title}"`);
    return `${text.slice(0, start)}\`\`\`json\n${example}${text.slice(end)}`;
  }, document);
}

function toExample([title, event]: [string, AuditEvent]): [string, string] {
  const record = Object.entries(recordOf(event)).filter(([name]) => !COMMON.includes(name));
  const lines = record.map(([name, value]) => {
    const shown = name === 'unmapped' ? { portcullis: valueIn(value, 'portcullis') } : value;
    return `  ${JSON.stringify(name)}: ${spaced(shown)}`;
  });
  return [title, `{\n${lines.join(',\n')}\n}`];
}

/** On one line, with room to read it. */
function spaced(value: unknown): string {
  return JSON.stringify(value, null, 1).replaceAll(/\n\s*/g, ' ');
}

function recordOf(event: AuditEvent): Record<string, unknown> {
  const at = { time: NOON, uid: '01935a4c-8a01-7d10-8b7c-51f0a1b2c3d4' };
  return JSON.parse(link(event, at, { ...HEAD, sequence: 1041, last: LAST }).line);
}
