import { formatAddress } from '../allowlist/address.ts';
import type { ProxyHeader } from '../proxy-protocol/header.ts';
import { readProxyHeader } from '../proxy-protocol/reader.ts';
import { ProtocolViolation } from '../wire/violation.ts';
import { silent } from './refusals.ts';
import type { Visit } from './visit.ts';

/**
 * Finds out where the client comes from. Behind a balancer its PROXY header says so: required there, believed
 * from trusted peers only, and a header without an address admits nobody, since the balancer's own address must
 * never count as a client's.
 */
export async function locate(visit: Visit): Promise<void> {
  const { arrival, record } = visit;
  if (arrival.proxiedBy === undefined) return;
  if (!arrival.proxiedBy.admits(arrival.address))
    throw silent('proxy-untrusted', 'the peer is no trusted balancer');
  const header = await readHeader(visit);
  if (header.command === 'local')
    throw silent('proxy-local', `the balancer's own connection (${header.form})`);
  record.via = record.address;
  record.address = formatAddress(header.source.address);
  record.port = header.source.port;
  record.vpcEndpoint = header.vpcEndpoint;
  visit.source = header.source;
}

async function readHeader({ client }: Visit): Promise<ProxyHeader> {
  const reader = readProxyHeader();
  try {
    let step = reader.next();
    while (!step.done) step = reader.next(await client.read(step.value));
    return step.value;
  } catch (error) {
    if (error instanceof ProtocolViolation) throw silent('proxy', error.message, error);
    throw error;
  }
}
