import { parseAddress } from '../allowlist/address.ts';
import type { Lockout, LockoutFilter } from '../throttle/lockouts.ts';
import { type Answer, json } from './answer.ts';

export const LOCKOUTS_PATH = '/api/portcullis/v1/lockouts';

/** What the throttle shows and lets go of. */
export interface LockoutSource {
  list(now: Date): Promise<readonly Lockout[]>;
  lift(filter: LockoutFilter, now: Date): Promise<readonly Lockout[]>;
}

/** GET lists, DELETE lifts those that the query names: `address`, `branch`, `role`. */
export async function answerLockouts(
  method: string,
  query: URLSearchParams,
  source: LockoutSource,
): Promise<Answer> {
  if (method === 'GET') return json(200, { lockouts: (await source.list(new Date())).map(written) });
  if (method !== 'DELETE') return json(405, { message: 'only GET and DELETE' });
  const filter = filterOf(query);
  if (filter === undefined) return json(400, { message: 'address is not an IP address' });
  return json(200, { lockouts: (await source.lift(filter, new Date())).map(written) });
}

function filterOf(query: URLSearchParams): LockoutFilter | undefined {
  const [address, branch, role] = [query.get('address'), query.get('branch'), query.get('role')];
  const parsed = address === null ? undefined : parseAddress(address);
  if (address !== null && parsed === undefined) return undefined;
  return {
    ...(parsed === undefined ? {} : { address: parsed }),
    ...(branch === null ? {} : { place: { kind: 'branch', name: branch } }),
    ...(role === null ? {} : { role }),
  };
}

function written({ dimension, address, place, role, until, failures }: Lockout): Record<string, unknown> {
  return { dimension, address, place, role, failures, until: until.toISOString() };
}
