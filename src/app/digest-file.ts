import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDigest } from '../audit/policy-digest.ts';
import { errorCode, unless } from '../store/system-error.ts';
import { writeFileAtomic } from '../store/write-file.ts';
import { TrailError } from '../trail/error.ts';
import type { DigestStore } from './policy-recorder.ts';

/** In the trail's folder: up to which state of the catalog it tells. Holds no secret. */
const NAME = 'catalog.json';
const PRIVATE = 0o600;

/**
 * What cannot be understood as what we wrote counts as none: the catalog is then told of anew, whole. `read` throws
 * TrailError where the file is there and cannot be read at all.
 */
export function digestFile(dir: string): DigestStore {
  const path = join(dir, NAME);
  return {
    read: async () => {
      const text = await unless(['ENOENT'], readFile(path, 'utf8')).catch((cause: unknown) => {
        const why = errorCode(cause) ?? String(cause);
        throw new TrailError(`${path} cannot be read (${why}): let this user read it, or delete it`, {
          cause,
        });
      });
      return text === undefined ? undefined : parseDigest(text);
    },
    write: (digest) => writeFileAtomic(path, `${JSON.stringify(digest)}\n`, PRIVATE),
  };
}
