import { z } from 'zod';
import { pathFrom } from './base-folder.ts';
import { keys, text } from './fields.ts';
import { withoutLastNewline } from './substitution.ts';
import type { Surroundings } from './surroundings.ts';

/** A value, and the file it came from where there is one: whoever changes it must write there. */
export interface TextFromSomewhere {
  readonly text: string;
  /** Absolute. */
  readonly file: string | undefined;
}

/** A value written in place, or as `{file: path}`: the file's text without its last newline (Docker secrets). */
export function textOrFile(surroundings: Surroundings) {
  return textOrFileShape().transform((written, context): TextFromSomewhere => {
    if (typeof written === 'string') return { text: written, file: undefined };
    const file = pathFrom(surroundings.base, written.file);
    const read = surroundings.readFile(file);
    if ('text' in read) return { text: withoutLastNewline(read.text), file };
    context.addIssue({ code: 'custom', path: ['file'], message: `${written.file}: ${read.problem}` });
    return z.NEVER;
  });
}

/** The same without reading the file. */
export function textOrFileShape() {
  return z.union([z.string(), keys({ file: text().describe('Path of a file whose text is the value.') })], {
    error: 'must be text or {file: path}',
  });
}
