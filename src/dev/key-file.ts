import { randomBytes } from 'node:crypto';
import { formatKeyLine, KEY_BYTES, type KeyRing, parseKeyRing } from '../config/key-ring.ts';
import { writeFileAtomic } from '../store/write-file.ts';
import { DevError } from './error.ts';
import { readIfThere } from './files.ts';

const PRIVATE = 0o600;

/** The folder's key for sealed secrets, made where there is none. @throws DevError where it is damaged. */
export async function ensureKeyRing(path: string): Promise<KeyRing> {
  const known = await readIfThere(path);
  const text = known ?? formatKeyLine('dev', randomBytes(KEY_BYTES));
  if (known === undefined) await writeFileAtomic(path, text, PRIVATE);
  const parsed = parseKeyRing(text);
  if ('problem' in parsed) throw new DevError(`${path}: ${parsed.problem}`);
  return parsed.ring;
}
