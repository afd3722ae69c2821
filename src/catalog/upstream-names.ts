import { createHash } from 'node:crypto';
import { MAX_NAME_BYTES } from '../wire/limits.ts';
import type { CatalogState } from './find.ts';
import type { Branch, Role } from './model.ts';
import { clusterKey } from './names.ts';

/** Hex digits that stand for what a name too long has lost: 64 bits. */
const DIGEST_LENGTH = 16;

/** What a role is called upstream. */
export function upstreamRole({ name, upstream }: Role): string {
  return upstream.role ?? name;
}

/** Another branch of the same cluster of which a role is the same one upstream. */
export function branchSharing(state: CatalogState, branch: Branch, role: Role): Branch | undefined {
  const cluster = clusterKey(branch.upstream);
  const name = upstreamRole(role);
  return state
    .flatMap(({ branches }) => branches)
    .find(
      ({ id, upstream, roles }) =>
        id !== branch.id &&
        clusterKey(upstream) === cluster &&
        roles.some((each) => upstreamRole(each) === name),
    );
}

/**
 * What the copy of a role or database is called upstream: `app` of branch `br-quiet-river-12345678` is
 * `app_quiet_river_12345678`. After the branch's id, as its name may change. Where that is longer than PostgreSQL
 * keeps (NAMEDATALEN - 1), the end of it is a digest, so that two names stay two.
 * @param copy tells a later copy of a database from an earlier one.
 */
export function upstreamNameOf(original: string, branchId: string, copy?: string): string {
  const tail = [tailOf(branchId), ...(copy === undefined ? [] : [copy])];
  const name = [original, ...tail].join('_');
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES) return name;
  const digest = createHash('sha256')
    .update([original, ...tail].join('\0'))
    .digest('hex');
  const room = MAX_NAME_BYTES - DIGEST_LENGTH - 1;
  return `${cut(original, room)}_${digest.slice(0, DIGEST_LENGTH)}`;
}

/** The first whole characters that fit into so many bytes. */
function cut(text: string, bytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes));
  return text.slice(0, read);
}

/** What the parent's own copy was called before it was one, lest names grow with every generation. */
export function originalName(name: string, branchId: string): string {
  return name.replace(new RegExp(`(?<=.)_${tailOf(branchId)}(_[0-9a-f]+)?$`, 's'), '');
}

/** Whether `upstreamNameOf` could have given this name to a copy for the branch: nothing else is ever dropped. */
export function couldBeNameFor(name: string, branchId: string): boolean {
  return originalName(name, branchId) !== name || new RegExp(`_[0-9a-f]{${DIGEST_LENGTH}}$`).test(name);
}

function tailOf(branchId: string): string {
  return branchId.replace(/^br-/, '').replaceAll('-', '_');
}

/** A role that restores a branch's dump; `copy` as for a database. It is never a copy of a role, which has none. */
export function restorerNameOf(branchId: string, copy: string): string {
  return upstreamNameOf('restore', branchId, copy);
}

export function isRestorer(name: string, branchId: string): boolean {
  return new RegExp(`^restore_${tailOf(branchId)}_[0-9a-f]+$`).test(name);
}
