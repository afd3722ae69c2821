import { type DestinationStream, type Logger, pino } from 'pino';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Of lines that cannot be written, as on a full disk, so many wait until they can; later ones are lost. Characters. */
const MAX_WAITING = 1_048_576;

/**
 * The operational log: JSON lines, written synchronously, so that what was logged survives a SIGKILL. What it
 * holds is chosen field by field where it is logged; nothing is dumped whole, so nothing secret can slip in.
 * @param destination a file descriptor, 1 for stdout and 2 for stderr, or a stream.
 */
export function createLogger(level: LogLevel, destination: 1 | 2 | DestinationStream): Logger {
  const stream = typeof destination === 'number' ? fileDescriptor(destination) : destination;
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: named } },
    stream,
  );
}

/**
 * An 'error' without a listener would end the process: a log on a full disk, which strangers can fill by knocking,
 * must not shut the gate. The lines wait and are tried again with the next one. A pipe whose reader has left is
 * pino's to see to.
 */
function fileDescriptor(fd: 1 | 2): DestinationStream {
  const stream = pino.destination({ fd, sync: true, maxLength: MAX_WAITING });
  stream.on('error', () => {});
  return stream;
}

function named(label: string): { level: string } {
  return { level: label };
}
