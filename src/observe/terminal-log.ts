import type { DestinationStream } from 'pino';

const LABELS: Readonly<Record<string, string>> = {
  trace: '·',
  debug: '·',
  info: ' ',
  warn: '!',
  error: '✗',
  fatal: '✗',
};

/** Told apart already, or not worth a person's line. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'level',
  'time',
  'msg',
  'address',
  'port',
  'kind',
  'cipher',
  'project',
]);

/** The operational log as lines for a person at a terminal; programs get the JSON it is made of. */
export function terminalLog(write: (text: string) => void): DestinationStream {
  return {
    write(line: string): void {
      write(`${render(JSON.parse(line) as Record<string, unknown>)}\n`);
    },
  };
}

function render(entry: Record<string, unknown>): string {
  const time = String(entry['time']).slice(11, 19);
  const parts = [time, LABELS[String(entry['level'])] ?? '?', String(entry['msg'])];
  if (entry['address'] !== undefined) parts.push(`from ${String(entry['address'])}`);
  for (const [name, value] of Object.entries(entry)) {
    if (!LEFT_OUT.has(name) && value !== undefined && value !== 0) parts.push(`${name}=${quoted(value)}`);
  }
  return parts.join(' ');
}

function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /[\s"=]/.test(text) ? JSON.stringify(text) : text;
}
