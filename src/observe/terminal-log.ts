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
  const { time, level, msg, address } = entry;
  const parts = [text(time).slice(11, 19), LABELS[text(level)] ?? '?', text(msg)];
  if (address !== undefined) parts.push(`from ${text(address)}`);
  for (const [name, value] of Object.entries(entry)) {
    if (!LEFT_OUT.has(name) && value !== undefined && value !== 0)
      parts.push(`${name}=${quoted(text(value))}`);
  }
  return parts.join(' ');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function quoted(value: string): string {
  return /[\s"=]/.test(value) ? JSON.stringify(value) : value;
}
