import { formatAddress } from '../allowlist/address.ts';
import { networkOf } from '../allowlist/network.ts';
import type { Branch } from '../catalog/model.ts';
import type { Claim, Taken } from './quota.ts';
import { type Refusal, silent, tooManyConnections } from './refusals.ts';
import type { Visit } from './visit.ts';

/** One customer's network: an IPv4 address, or what an IPv6 access line is given (RFC 6177). */
const PREFIX = { 4: 32, 6: 64 } as const;
/** Over a bound by this factor, a connection is closed before it costs a TLS handshake. */
const PATIENCE = 2;

/** How many times `maxConnections` may be open, those that wait for their refusal included. */
export const CROWD = 1.1;

/** The key of all connections together. */
const EVERYBODY = 'gateway';

/**
 * Counts the connection for the whole gateway and for its source, and tells whether there are too many.
 * @returns what to refuse it with once it can hear an answer; undefined where there is room.
 * @throws Refusal, silent, where there are far too many.
 */
export async function joinCrowd(visit: Visit): Promise<Refusal | undefined> {
  const { gate, source } = visit;
  const { maxConnections, connectionsPerAddress } = gate.limits;
  const claims: Claim[] = [
    { key: EVERYBODY, limit: Math.ceil(maxConnections * CROWD), room: maxConnections },
  ];
  if (connectionsPerAddress !== undefined) {
    const key = `address ${formatAddress(networkOf(source.address, PREFIX[source.address.family]))}`;
    claims.push({ key, limit: connectionsPerAddress * PATIENCE, room: connectionsPerAddress });
  }
  const taken = await claimed(visit, claims);
  if ('full' in taken)
    throw silent('limit', `far too many connections${taken.full === 0 ? '' : ' from this address'}`);
  const [everywhere = false, fromThere = false] = taken.crowded;
  if (fromThere) return tooManyConnections('this address');
  // Those whose balancer has not named them yet are counted by the sessions alone.
  return everywhere || gate.sessions.size > maxConnections ? tooManyConnections('this gateway') : undefined;
}

interface Seat {
  readonly role: string;
  readonly limit: number | undefined;
}

/**
 * Counts a session that has proved who it is; before that, strangers could fill a role's or a branch's bound.
 * @throws Refusal where branch or role is full.
 */
export async function takeSeat(
  visit: Visit,
  branch: Branch,
  { role, limit: roleLimit }: Seat,
): Promise<void> {
  const taken = await claimed(visit, [
    { key: `branch ${branch.id}`, limit: branch.connectionLimit },
    { key: `role ${branch.id} ${role}`, limit: roleLimit },
  ]);
  if (!('full' in taken)) return;
  throw tooManyConnections(taken.full === 0 ? `branch "${branch.name}"` : `role "${role}"`);
}

/** However the visit ends, even while it waits for the answer, what it took is given back. */
async function claimed(visit: Visit, claims: readonly Claim[]): Promise<Taken> {
  const asked = visit.gate.quota.take(claims);
  const giveBack = (taken: Taken): void => {
    if ('leave' in taken) taken.leave();
  };
  if (!(asked instanceof Promise)) {
    visit.atEnd(() => giveBack(asked));
    return asked;
  }
  visit.atEnd(() => void asked.then(giveBack, () => {}));
  return await visit.client.unlessAborted(asked);
}
