import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../config/durations.ts';

const MAX_AGE = 3650 * 86_400_000;
/** RFC 3339, or the date alone: midnight in UTC. */
const MOMENT = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/i;

/** An option's moment: how long ago (`90m`, `7d`), or when. @returns ms since 1970. */
export function parseMoment(text: string): number {
  const ago = parseDuration(text, { min: 0, max: MAX_AGE });
  if ('ms' in ago) return Date.now() - ago.ms;
  const at = MOMENT.test(text) ? Date.parse(text.replace(' ', 'T')) : Number.NaN;
  if (Number.isNaN(at))
    throw new InvalidArgumentError(
      'Write how long ago, as in 90m or 7d, or when, as in 2026-11-23T18:00:00Z.',
    );
  return at;
}

/** An option's number of lines. */
export function parseLines(text: string): number {
  const lines = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(lines <= MAX_LINES)) throw new InvalidArgumentError(`Write a number up to ${MAX_LINES}.`);
  return lines;
}

/** So many are kept in memory; whoever wants more exports. */
const MAX_LINES = 10_000;
