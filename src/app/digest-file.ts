import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDigest } from '../audit/policy-digest.ts';
import { unless } from '../store/system-error.ts';
import { writeFileAtomic } from '../store/write-file.ts';
import type { DigestStore } from './policy-recorder.ts';

/** In the trail's folder: up to which state of the catalog it tells. Holds no secret. */
const NAME = 'catalog.json';
const PRIVATE = 0o600;

/** A file that cannot be read as what we wrote counts as none: the catalog is then told of anew, whole. */
export function digestFile(dir: string): DigestStore {
  const path = join(dir, NAME);
  return {
    read: async () => {
      const text = await unless(['ENOENT'], readFile(path, 'utf8'));
      return text === undefined ? undefined : parseDigest(text);
    },
    write: (digest) => writeFileAtomic(path, `${JSON.stringify(digest)}\n`, PRIVATE),
  };
}
