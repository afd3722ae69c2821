import { MAX_NAME_BYTES } from '../wire/limits.ts';
import { shown } from './find.ts';
import { Rejected } from './rejection.ts';

const PROJECT_ID = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** As catalog.yaml has it. */
const MAX_BRANCH_NAME = 256;
const MAX_PROJECT_NAME = 256;

/** @throws Rejected for what catalog.yaml would not take. */
export function checkProjectId(id: string): void {
  if (!PROJECT_ID.test(id))
    throw new Rejected(`${shown(id)} is no id: lower-case letters, digits and hyphens, at most 63`, 'wish');
}

export function checkProjectName(name: string): void {
  checkText(name, 'a project’s name', MAX_PROJECT_NAME);
}

export function checkBranchName(name: string): void {
  checkText(name, 'a branch’s name', MAX_BRANCH_NAME);
}

/** A role's or a database's name: longer ones PostgreSQL would cut short, into somebody else's. */
export function checkPostgresName(name: string, what: 'role' | 'database'): void {
  checkText(name, `a ${what}’s name`, MAX_NAME_BYTES);
  if (Buffer.byteLength(name) > MAX_NAME_BYTES)
    throw new Rejected(`a ${what}’s name has at most ${MAX_NAME_BYTES} bytes`, 'wish');
}

function checkText(text: string, what: string, most: number): void {
  if (text === '') throw new Rejected(`${what} must not be empty`, 'wish');
  if (text.length > most) throw new Rejected(`${what} has at most ${most} characters`, 'wish');
  if (/\p{Cc}/u.test(text)) throw new Rejected(`${what} must not hold control characters`, 'wish');
  if (!text.isWellFormed()) throw new Rejected(`${what} must be well-formed Unicode`, 'wish');
}
