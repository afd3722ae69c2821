import { type Address, parseAddress } from '../allowlist/address.ts';
import { ProtocolViolation } from '../wire/violation.ts';
import { canBeClient } from './client-address.ts';
import { MAX_PORT, V1_LINE_END } from './format.ts';
import type { ProxyHeader } from './header.ts';

/** Text up to the line's end, of which CR may have come and LF not yet. A lone CR or LF ends no line (2.1). */
const BEGUN_LINE = /^[^\r\n]*(?:\r\n?)?$/;

/** Decimal without leading zeros, as they could be read as octal (2.1). */
const PORT = /^(?:0|[1-9]\d{0,4})$/;

/** @throws ProtocolViolation where a line has begun that cannot become a valid one. */
export function checkBegunLine(line: string): void {
  if (!BEGUN_LINE.test(line)) throw new ProtocolViolation('PROXY line with a CR or LF of its own');
}

/**
 * Reads a header of version 1 (2.1): one space between the fields, nothing before and behind them.
 * @param line the whole line, CRLF included, each byte a character.
 * @throws ProtocolViolation on any other line, and on a source that cannot be a client's.
 */
export function parseVersion1(line: string): ProxyHeader {
  const [, family = '', source = '', destination = '', sourcePort = '', destinationPort = '', ...more] = line
    .slice(0, -V1_LINE_END.length)
    .split(' ');
  // What follows UNKNOWN must be ignored.
  if (family === 'UNKNOWN') return { command: 'local', form: 'UNKNOWN' };
  if (family !== 'TCP4' && family !== 'TCP6') throw new ProtocolViolation('PROXY line of an unknown family');
  if (more.length > 0) throw new ProtocolViolation('PROXY line with too many fields');
  const client = addressOf(family, source);
  if (!canBeClient(client)) throw new ProtocolViolation("PROXY line whose source cannot be a client's");
  return {
    command: 'proxy',
    source: { address: client, port: portOf(sourcePort) },
    destination: { address: addressOf(family, destination), port: portOf(destinationPort) },
    authority: undefined,
    uniqueId: undefined,
    vpcEndpoint: undefined,
  };
}

/** Under TCP6 a mapped address is written with colons and is IPv4 nevertheless, as everywhere. */
function addressOf(family: 'TCP4' | 'TCP6', text: string): Address {
  const address = parseAddress(text);
  if (address === undefined || text.includes(':') !== (family === 'TCP6')) {
    throw new ProtocolViolation('PROXY line with a malformed address');
  }
  return address;
}

function portOf(text: string): number {
  const port = Number(text);
  if (!PORT.test(text) || port > MAX_PORT) throw new ProtocolViolation('PROXY line with a malformed port');
  return port;
}
