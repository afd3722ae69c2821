import { InvalidArgumentError } from 'commander';
import { checkWritten } from '../allowlist/written.ts';

/**
 * One value of `--allow`, which holds entries between commas, behind those that came before it.
 * @throws InvalidArgumentError at the first that is no entry, before anything is written.
 */
export function collectAllowed(text: string, before: readonly string[] | undefined): string[] {
  const entries = text.split(',');
  for (const entry of entries) {
    const [problem] = checkWritten(entry);
    if (problem !== undefined) throw new InvalidArgumentError(`${problem}.`);
  }
  return [...(before ?? []), ...entries.map((entry) => entry.trim())];
}
