import { readFile } from 'node:fs/promises';
import { unless } from '../store/system-error.ts';
import { writeFileAtomic } from '../store/write-file.ts';
import { DevError } from './error.ts';

const PRIVATE = 0o600;

/** What `dev` keeps in the clear, in `--dir/credentials.json`, 0600: the login that it prints at every start. */
export interface DevLogin {
  readonly project: string;
  readonly branch: string;
  readonly endpoint: string;
  readonly role: string;
  readonly database: string;
  readonly password: string;
  /** Whether the folder has a PostgreSQL of its own; else it is in front of one that was named by --upstream. */
  readonly embedded: boolean;
}

const FIELDS = ['project', 'branch', 'endpoint', 'role', 'database', 'password'] as const;

/**
 * @returns undefined where there is none yet.
 * @throws DevError where the file is not what `dev` wrote.
 */
export async function readLogin(path: string): Promise<DevLogin | undefined> {
  const text = await unless(['ENOENT'], readFile(path, 'utf8'));
  if (text === undefined) return undefined;
  const value = parsed(text);
  if (isLogin(value)) return value;
  throw new DevError(`${path} is not as portcullis dev wrote it: remove it, and a new password is made`);
}

export async function writeLogin(path: string, login: DevLogin): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(login, null, 2)}\n`, PRIVATE);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isLogin(value: unknown): value is DevLogin {
  if (typeof value !== 'object' || value === null) return false;
  if (typeof Reflect.get(value, 'embedded') !== 'boolean') return false;
  return FIELDS.every((field) => typeof Reflect.get(value, field) === 'string');
}
