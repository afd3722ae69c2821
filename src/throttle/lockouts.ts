import type { Address } from '../allowlist/address.ts';
import type { Place } from './attempt.ts';
import type { Dimension, DimensionName } from './dimension.ts';
import { partsOf, placeKey, roleName } from './keys.ts';
import { addressPrefix, networkPrefix } from './prefixes.ts';

/** Who is locked out, from what, until when. What a dimension does not look at is undefined. */
export interface Lockout {
  readonly dimension: DimensionName;
  /** A prefix: `203.0.113.7/32`, `2001:db8:0:7::/64`, `2001:db8::/48`. */
  readonly address: string | undefined;
  /** `branch <id>`, or `endpoint <name>` of one that does not exist. Text from a client: escape it. */
  readonly place: string | undefined;
  /** At most 63 bytes of what the client said. Text from a client: escape it. */
  readonly role: string | undefined;
  readonly until: Date;
  readonly failures: number;
}

/** What is not given matches all; what is given must be there and match. An address matches prefixes around it. */
export interface LockoutFilter {
  readonly dimension?: DimensionName;
  readonly address?: Address;
  readonly place?: Place;
  readonly role?: string;
}

type Part = 'address' | 'place' | 'role';

const PARTS: Readonly<Record<DimensionName, readonly Part[]>> = {
  'address-role': ['address', 'place', 'role'],
  address: ['address'],
  network: ['address'],
  role: ['place', 'role'],
  branch: ['place'],
  cancel: ['address'],
};

/** Every lock-out, to be shown and to be ended before its time. */
export class Lockouts {
  readonly #dimensions: readonly Dimension[];

  constructor(dimensions: readonly Dimension[]) {
    this.#dimensions = dimensions;
  }

  /** `true` only where nobody is locked out, from anything. */
  get none(): boolean {
    return this.#dimensions.every(({ empty }) => empty);
  }

  /** @param now the wall clock, in which `until` is told. */
  async list(now: Date): Promise<Lockout[]> {
    const found = await Promise.all(this.#dimensions.map((dimension) => locksOf(dimension, now)));
    return found.flat().map(({ lockout }) => lockout);
  }

  /** Ends the lock-outs that match. @returns those that there were. */
  async lift(filter: LockoutFilter, now: Date): Promise<Lockout[]> {
    const lifted: Lockout[] = [];
    for (const dimension of this.#dimensions) {
      for (const { key, lockout } of await locksOf(dimension, now)) {
        if (matches(lockout, filter) && (await dimension.lift(key))) lifted.push(lockout);
      }
    }
    return lifted;
  }
}

async function locksOf(dimension: Dimension, now: Date): Promise<{ key: string; lockout: Lockout }[]> {
  return (await dimension.locks()).map(({ key, consumedPoints, msBeforeNext }) => {
    const values = partsOf(key);
    const part = (name: Part): string | undefined => values[PARTS[dimension.name].indexOf(name)];
    const lockout = {
      dimension: dimension.name,
      address: part('address'),
      place: part('place'),
      role: part('role'),
      until: new Date(now.getTime() + msBeforeNext),
      failures: consumedPoints,
    };
    return { key, lockout };
  });
}

function matches(lockout: Lockout, { dimension, address, place, role }: LockoutFilter): boolean {
  return (
    (dimension === undefined || lockout.dimension === dimension) &&
    (address === undefined ||
      lockout.address === addressPrefix(address) ||
      lockout.address === networkPrefix(address)) &&
    (place === undefined || lockout.place === placeKey(place)) &&
    (role === undefined || lockout.role === roleName(role))
  );
}
