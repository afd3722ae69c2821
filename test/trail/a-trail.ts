import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { keyId } from '../../src/audit/checkpoint.ts';
import type { AuditEvent, ConnectionFacts } from '../../src/audit/events.ts';
import { formatKeyLine, type KeyRing, parseKeyRing } from '../../src/config/key-ring.ts';
import type { Lock } from '../../src/store/lock.ts';
import { readRecords } from '../../src/trail/reader.ts';
import type { TrailLine } from '../../src/trail/segment-reader.ts';
import { Trail } from '../../src/trail/trail.ts';
import type { SigningKey, TrailOptions } from '../../src/trail/trail-options.ts';
import type { MemoryFiles } from './memory-files.ts';

export const DIR = '/audit';

const pair = generateKeyPairSync('ed25519');
export const SIGNING_KEY: SigningKey = { ...pair, id: keyId(pair.publicKey) };

export const RING = ringOf('k1');

export function ringOf(id: string): KeyRing {
  const parsed = parseKeyRing(formatKeyLine(id, randomBytes(32)));
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.ring;
}

const noLock: Lock = { release: async () => undefined, [Symbol.asyncDispose]: async () => undefined };

/** A trail on a disk in memory. */
export async function openTrail(files: MemoryFiles, options: Partial<TrailOptions> = {}): Promise<Trail> {
  const surroundings = { files, lock: async () => noLock, probeEvery: 5, ...options.surroundings };
  return await Trail.open({ dir: DIR, signingKey: SIGNING_KEY, ...options, surroundings });
}

export function facts(parts: Partial<ConnectionFacts> = {}): ConnectionFacts {
  return {
    id: 'c-1',
    address: '203.0.113.7',
    port: 50123,
    project: 'shop',
    branch: 'br-main',
    endpoint: 'ep-a',
    role: 'app',
    database: 'shop',
    mechanism: 'SCRAM-SHA-256',
    bytesFromClient: 0,
    bytesFromUpstream: 0,
    ...parts,
  };
}

/** An event that can be found again by `role`. */
export function login(role: string): AuditEvent {
  return { type: 'logged-in', connection: facts({ role }) };
}

export async function linesOf(
  dir: string,
  options: Parameters<typeof readRecords>[1] = {},
): Promise<TrailLine[]> {
  const lines: TrailLine[] = [];
  for await (const line of readRecords(dir, options)) lines.push(line);
  return lines;
}
