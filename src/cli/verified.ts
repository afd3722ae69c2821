import type { KeyObject } from 'node:crypto';
import type { Checkpoint } from '../audit/checkpoint.ts';
import type { AuditConfig } from '../config/audit.ts';
import type { Files } from '../trail/files.ts';
import { nodeFiles } from '../trail/node-files.ts';
import { listTraces, segmentPath } from '../trail/segment-names.ts';
import { type Verified, verifyTrail } from '../trail/verify.ts';
import { Progress } from './progress.ts';

export interface Against {
  readonly publicKeys: readonly KeyObject[];
  readonly anchors?: readonly Checkpoint[];
}

/** Verifies a trail; on a terminal it shows how far it is, where that takes longer than a second. */
export async function verified({ dir, keys }: AuditConfig, against: Against): Promise<Verified> {
  using progress = new Progress(process.stderr);
  const total = await bytesIn(dir);
  let read = 0;
  const files = counting((bytes) => {
    read += bytes;
    progress.tell(`verifying the audit trail, ${Math.min(99, Math.floor((100 * read) / total))} %`);
  });
  return await verifyTrail(dir, { ...against, keys, files });
}

async function bytesIn(dir: string): Promise<number> {
  let total = 1;
  for (const { name, kinds } of await listTraces(nodeFiles, dir)) {
    const kind = kinds.has('jsonl') ? 'jsonl' : 'jsonl.enc';
    total += (await nodeFiles.stat(segmentPath(dir, name, kind)))?.bytes ?? 0;
  }
  return total;
}

/** The system's files, telling how much is read of them. */
function counting(tell: (bytes: number) => void): Files {
  return {
    ...nodeFiles,
    open: async (path, how, writes) => {
      const file = await nodeFiles.open(path, how, writes);
      const read: typeof file.read = async (into, position) => {
        const bytes = await file.read(into, position);
        tell(bytes);
        return bytes;
      };
      return new Proxy(file, { get: (_, name) => (name === 'read' ? read : bound(file, name)) });
    },
  };
}

function bound(file: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(file, name);
  return typeof value === 'function' ? value.bind(file) : value;
}
