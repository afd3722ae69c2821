import { type DestinationStream, type Logger, pino } from 'pino';
import { LogSink } from './log-sink.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * The operational log: JSON lines, written at once, so that what was logged survives a SIGKILL. What it
 * holds is chosen field by field where it is logged; nothing is dumped whole, so nothing secret can slip in.
 * @param destination a file descriptor, 1 for stdout and 2 for stderr, or a stream.
 */
export function createLogger(level: LogLevel, destination: 1 | 2 | DestinationStream): Logger {
  const stream = typeof destination === 'number' ? LogSink.to(destination) : destination;
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: named } },
    stream,
  );
}

function named(label: string): { level: string } {
  return { level: label };
}
