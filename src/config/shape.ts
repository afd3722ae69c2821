import type { z } from 'zod';
import type { Problem } from './problem.ts';
import type { Path, YamlDocument } from './yaml-document.ts';

/** Longer than any key of ours, and than PostgreSQL's names. */
const MAX_STEP = 80;

type Issue = z.core.$ZodIssue;

/** Compares a document with a schema and says in our words, and at its lines, where they differ. */
export function checkShape<Schema extends z.ZodType>(
  schema: Schema,
  document: YamlDocument,
): { readonly value: z.output<Schema> } | { readonly problems: Problem[] } {
  const result = schema.safeParse(document.value);
  if (result.success) return { value: result.data };
  return { problems: result.error.issues.flatMap((issue) => problemsOf(issue, document)) };
}

/** `listen[0].address`, as the documentation and the JSON Schema count. */
export function pathText(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      // A name that somebody chose, of a database, may have any length.
      const name = String(step).slice(0, MAX_STEP);
      return index === 0 ? name : `.${name}`;
    })
    .join('');
}

function problemsOf(issue: Issue, document: YamlDocument): Problem[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') return unknownKeys(issue, document);
  if (issue.code === 'invalid_key') return [document.atKey(path, sentence(path, keyMessage(issue)))];
  const value = document.get(path);
  if (value === undefined && path.length > 0) return [missing(path, document)];
  if (value === null) return [document.atKey(path, noValue(path))];
  return [document.at(path, sentence(path, issue.message))];
}

function unknownKeys(issue: Issue & { code: 'unrecognized_keys' }, document: YamlDocument): Problem[] {
  const messages = issue.message.split('\n');
  return issue.keys.map((key, index) => document.atKey([...issue.path, key], String(messages[index])));
}

/** What is wrong with a key of a map whose keys the user chooses. */
function keyMessage(issue: Issue & { code: 'invalid_key' }): string {
  return issue.issues.map(({ message }) => message).join('; ');
}

function missing(path: Path, document: YamlDocument): Problem {
  const parent = path.slice(0, -1);
  const where = parent.length === 0 ? '' : ` in ${pathText(parent)}`;
  return document.atKey(parent, `key "${String(path.at(-1))}" is missing${where}: add it`);
}

function noValue(path: Path): string {
  if (path.length === 0) return 'the file is empty: docs/configuration.md shows what goes in';
  return `${pathText(path)} has no value: give it one, or remove it`;
}

/** `must be …` goes on from the path; any other message says itself what it is about. */
function sentence(path: Path, message: string): string {
  if (!message.startsWith('must ')) return message;
  return `${path.length === 0 ? 'the file' : pathText(path)} ${message}`;
}
