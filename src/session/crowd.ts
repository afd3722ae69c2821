import { formatAddress } from '../allowlist/address.ts';
import { networkOf } from '../allowlist/network.ts';
import type { Branch } from '../catalog/model.ts';
import { type Refusal, silent, tooManyConnections } from './refusals.ts';
import type { Visit } from './visit.ts';

/** One customer's network: an IPv4 address, or what an IPv6 access line is given (RFC 6177). */
const PREFIX = { 4: 32, 6: 64 } as const;
/** Over a bound by this factor, a connection is closed before it costs a TLS handshake. */
const PATIENCE = 2;

/**
 * Counts the connection for the whole gateway and for its source, and tells whether there are too many.
 * @returns what to refuse it with once it can hear an answer; undefined where there is room.
 * @throws Refusal, silent, where there are far too many.
 */
export function joinCrowd(visit: Visit): Refusal | undefined {
  const { gate, source } = visit;
  const { maxConnections, connectionsPerAddress } = gate.limits;
  const all = gate.sessions.size;
  const crowded = all > maxConnections ? tooManyConnections('this gateway') : undefined;
  if (connectionsPerAddress === undefined) return crowded;
  const key = `address ${formatAddress(networkOf(source.address, PREFIX[source.address.family]))}`;
  const leave = gate.quota.enter(key, connectionsPerAddress * PATIENCE);
  if (leave === undefined) throw silent('limit', 'far too many connections from this address');
  visit.atEnd(leave);
  return gate.quota.count(key) > connectionsPerAddress ? tooManyConnections('this address') : crowded;
}

interface Seat {
  readonly role: string;
  readonly limit: number | undefined;
}

/**
 * Counts a session that has proved who it is; before that, strangers could fill a role's or a branch's bound.
 * @throws Refusal where branch or role is full.
 */
export function takeSeat(visit: Visit, branch: Branch, { role, limit: roleLimit }: Seat): void {
  const seats = [
    { key: `branch ${branch.id}`, limit: branch.connectionLimit, what: `branch "${branch.name}"` },
    { key: `role ${branch.id} ${role}`, limit: roleLimit, what: `role "${role}"` },
  ];
  for (const { key, limit, what } of seats) {
    const leave = visit.gate.quota.enter(key, limit);
    if (leave === undefined) throw tooManyConnections(what);
    visit.atEnd(leave);
  }
}
