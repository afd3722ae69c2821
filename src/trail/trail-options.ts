import type { KeyObject } from 'node:crypto';
import type { KeyRing } from '../config/key-ring.ts';
import type { Lock } from '../store/lock.ts';
import type { Files } from './files.ts';

/** Ed25519 (RFC 8032); what checkpoints are signed with. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** SHA-256 of its SubjectPublicKeyInfo, lower-case hex. */
  readonly id: string;
}

export type TrailState =
  | { readonly healthy: true }
  | {
      readonly healthy: false;
      /** For people: what, and the mend. */
      readonly reason: string;
      /** ms since 1970. */
      readonly since: number;
    };

export interface TrailOptions {
  /** An absolute path; the folder is made where it is missing. */
  readonly dir: string;
  /** As `loadSigningKey` gives it. */
  readonly signingKey: SigningKey;
  /** Closed segments are encrypted under the first of these; undefined: they stay as they are. */
  readonly keys?: KeyRing | undefined;
  /** Bytes after which a segment is closed. Default 64 MiB. */
  readonly segmentBytes?: number;
  /** ms after which a segment is closed. Default 24 h. */
  readonly segmentAge?: number;
  /** ms for which records are kept. Default 30 d. */
  readonly retention?: number;
  /** Bytes of the disk that refusals leave free. Default 64 MiB. */
  readonly reserve?: number;
  /** Bytes of refusal records a second, and at once after a quiet time. Default 4 KiB and 1 MiB. */
  readonly refusals?: { readonly bytesPerSecond: number; readonly burst: number };
  /** Hears of every change; the log's. */
  readonly onState?: (state: TrailState) => void;
  /** Hears, in one line, what happened beside: a segment that could not be encrypted or deleted. */
  readonly onProblem?: (text: string) => void;
  /** For tests. */
  readonly surroundings?: Partial<Surroundings>;
}

/** What is not the trail's own. */
export interface Surroundings {
  readonly files: Files;
  /** Wall clock, ms since 1970: what records tell. */
  readonly now: () => number;
  /** ms of a clock that nobody sets: what deadlines go by. */
  readonly elapsed: () => number;
  readonly randomUUID: () => string;
  readonly randomBytes: (length: number) => Buffer;
  readonly lock: (path: string) => Promise<Lock>;
  /** ms that a commit may wait for the disk. */
  readonly commitDeadline: number;
  /** ms between two tries to write again. */
  readonly probeEvery: number;
}
