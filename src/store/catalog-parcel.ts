import { deserialize, serialize } from 'node:v8';
import { Allowlist, type AllowlistBytes } from '../allowlist/allowlist.ts';
import { allowlistFrom } from '../allowlist/entries.ts';
import type { Branch, Project } from '../catalog/model.ts';
import { Secret } from '../catalog/secret.ts';
import { CatalogSnapshot, type ListMaker } from '../catalog/snapshot.ts';
import type { ParsedCatalog } from '../config/catalog-config.ts';
import { type LoadedCatalog, outcomeOf, type ReadCatalog } from './catalog-file.ts';

/**
 * A catalog on its way from one thread to another. A structured clone keeps objects, arrays, maps and sets; buffers
 * come out as Uint8Array, and a Secret, whose value is private, as an empty object: so it travels as this.
 */
interface SecretParcel {
  readonly 'portcullis:secret': unknown;
}

/** No key of the model has a colon in it, and names that people choose are keys of maps alone. */
const MARK = 'portcullis:secret';

/** What `postMessage` takes. Holds secrets: for a thread of this process only. */
export interface CatalogParcel extends Omit<ReadCatalog, 'parsed'> {
  readonly parsed: unknown;
  /** Of each list of entries, in the order of `listsOf`. */
  readonly lists: readonly AllowlistBytes[];
}

/** @returns the parcel, and what of it to hand over instead of copying. */
export function packCatalog({ parsed, ...read }: ReadCatalog): {
  readonly parcel: CatalogParcel;
  readonly transfer: ArrayBuffer[];
} {
  const lists = listsOf(parsed).map((entries) => allowlistFrom(entries, 'catalog').bytes);
  return {
    parcel: { ...read, parsed: packed(parsed), lists },
    transfer: lists.flatMap((list) => [list[4], list[6]]),
  };
}

/** @throws what an index of the catalog throws. */
export function unpackCatalog({ parsed: packedCatalog, lists, ...read }: CatalogParcel): LoadedCatalog {
  const parsed = unpacked(packedCatalog) as ParsedCatalog;
  return { ...read, outcome: outcomeOf(parsed, listMaker(listsOf(parsed), lists)) };
}

/**
 * What another process needs of a snapshot: projects whose lists are empty, and the ranges of each in the order of
 * `listsIn`, ready for use. The entries themselves, which may be 100,000, are not sent: nobody reads them there.
 */
interface SnapshotParcel {
  readonly projects: unknown;
  readonly lists: readonly AllowlistBytes[];
}

/** @returns bytes for `unpackSnapshot`. They hold secrets: for a process of our own, by a channel that it inherited. */
export function packSnapshot(snapshot: CatalogSnapshot): Buffer {
  const lists = snapshot.projects.flatMap((project) => readyLists(snapshot, project));
  return serialize({
    projects: packed(snapshot.projects.map(withoutEntries)),
    lists,
  } satisfies SnapshotParcel);
}

/** @throws what an index of the catalog throws. */
export function unpackSnapshot(bytes: Uint8Array): CatalogSnapshot {
  const { projects, lists } = deserialize(bytes) as SnapshotParcel;
  const unpackedProjects = unpacked(projects) as readonly Project[];
  return new CatalogSnapshot(unpackedProjects, listMaker(unpackedProjects.flatMap(listsIn), lists));
}

function readyLists(snapshot: CatalogSnapshot, project: Project): AllowlistBytes[] {
  const listOf = (branch: Branch | undefined): AllowlistBytes =>
    ((branch && snapshot.allowlistOf(project, branch)) ?? Allowlist.of([])).bytes;
  // The project's own is that of any branch without one; where no branch has it, nobody asks for it.
  const heir = project.branches.find(
    (branch) => branch.allowedIps === undefined && snapshot.allowlistOf(project, branch) !== undefined,
  );
  const own = project.branches.filter(({ allowedIps }) => allowedIps !== undefined).map(listOf);
  return project.allowedIps === undefined ? own : [listOf(heir), ...own];
}

function withoutEntries({ allowedIps, branches, ...project }: Project): Project {
  return {
    ...project,
    allowedIps: allowedIps && { ...allowedIps, ips: [] },
    branches: branches.map((branch) => ({ ...branch, allowedIps: branch.allowedIps && [] })),
  };
}

/** Each list of entries has its own, already made; by the array itself. */
function listMaker(entries: (readonly string[])[], lists: readonly AllowlistBytes[]): ListMaker {
  const ready = new Map(entries.map((each, index) => [each, lists[index]]));
  return (each, owner) => {
    const bytes = ready.get(each);
    return bytes === undefined ? allowlistFrom(each, owner) : Allowlist.from(bytes);
  };
}

/** Every list that an index is made of. */
function listsOf(parsed: ParsedCatalog): (readonly string[])[] {
  if ('problems' in parsed) return [];
  return parsed.projects.flatMap(listsIn);
}

function listsIn({ allowedIps, branches }: Project): (readonly string[])[] {
  return [allowedIps?.ips, ...branches.map((branch) => branch.allowedIps)].filter(
    (entries) => entries !== undefined,
  );
}

function packed(value: unknown): unknown {
  if (value instanceof Secret) return { [MARK]: packed(value.reveal()) } satisfies SecretParcel;
  if (!isPlain(value)) return value;
  if (Array.isArray(value)) return value.map(packed);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, packed(each)]));
}

function unpacked(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (!isPlain(value)) return value;
  if (MARK in value) return new Secret(unpacked(value[MARK]));
  if (Array.isArray(value)) return value.map(unpacked);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unpacked(each)]));
}

/** An object or array whose members are looked at: maps, sets and buffers hold nothing that has to change. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}
