import { deepEqual, equal, ok } from 'node:assert/strict';
import { BlockList, isIP } from 'node:net';
import { formatAddress } from '../../../src/allowlist/address.ts';
import type { ProxiedHeader, TransportAddress } from '../../../src/proxy-protocol/header.ts';
import { serializeProxyV2 } from '../../../src/proxy-protocol/serializer.ts';
import { type Reading, readStream, readWhole, SIGNATURE } from '../../proxy-protocol/headers.ts';
import type { Target } from '../target.ts';
import { unlessViolation } from './violations.ts';

const FIXED = 16;
const MOST_BODY = 4096;
const MOST_LINE = 107;

const LINE = /^PROXY (TCP4|TCP6) (\S+) (\S+) (\d{1,5}) (\d{1,5})\r\n/;
const UNKNOWN = /^PROXY UNKNOWN(?: [^\r\n]*)?\r\n/;

/** Addresses that no TCP connection comes from. */
const NOBODY = new BlockList();
NOBODY.addSubnet('0.0.0.0', 8, 'ipv4');
NOBODY.addSubnet('224.0.0.0', 3, 'ipv4');
NOBODY.addSubnet('ff00::', 8, 'ipv6');
NOBODY.addAddress('::', 'ipv6');
NOBODY.addRange('::2', '::ffff:ffff', 'ipv6');

/** What a connection from a balancer begins with, and what follows it. */
export const proxy: Target = {
  maxLength: 6000,
  floorMs: 50,
  run(input) {
    const reading = unlessViolation(() => readStream(input));
    if (reading === undefined) return;
    ok(reading.taken <= input.length && reading.largestStep <= MOST_BODY, 'reads too much');
    if (reading.header === undefined) return ok(reading.taken < FIXED + MOST_BODY);
    const header = input.subarray(0, reading.taken);
    // Split anywhere or not, it is the same header, and no byte behind it was touched.
    deepEqual(readWhole(header), reading.header);
    if (SIGNATURE.readUInt8(0) === header.readUInt8(0)) checkVersion2(header, reading);
    else checkLine(header, reading);
  },
};

function checkLine(line: Buffer, { header }: Reading): void {
  const text = line.toString('latin1');
  ok(line.length <= MOST_LINE && text.endsWith('\r\n'));
  equal(header?.command === 'local', UNKNOWN.test(text), 'a line without a client');
  if (header?.command !== 'proxy') return;
  const [, family, source = '', destination = '', sourcePort, destinationPort] = LINE.exec(text) ?? [];
  equal(`TCP${isIP(source)}`, family);
  equal(`TCP${isIP(destination)}`, family);
  equal(header.source.port, Number(sourcePort));
  equal(header.destination.port, Number(destinationPort));
  checkProxied(header);
}

function checkVersion2(bytes: Buffer, { header }: Reading): void {
  deepEqual(bytes.subarray(0, SIGNATURE.length), SIGNATURE);
  const [command, family] = [bytes.readUInt8(12), bytes.readUInt8(13)];
  equal(bytes.length, FIXED + bytes.readUInt16BE(14));
  equal(header?.command === 'local', command === 0x20 || ![0x11, 0x21].includes(family));
  if (header?.command !== 'proxy') return;
  equal(command, 0x21);
  const width = family === 0x11 ? 4 : 16;
  equal(textOf(header.source), plainly(bytes.subarray(FIXED, FIXED + width)));
  equal(textOf(header.destination), plainly(bytes.subarray(FIXED + width, FIXED + 2 * width)));
  equal(header.source.port, bytes.readUInt16BE(FIXED + 2 * width));
  checkProxied(header);
}

/** The source can be a client's; the header, written out, says the same. */
function checkProxied(header: ProxiedHeader): void {
  const source = formatAddress(header.source.address);
  ok(!NOBODY.check(source, isIP(source) === 4 ? 'ipv4' : 'ipv6'), `${source} is no client`);
  ok(/^[A-Za-z0-9-]*$/.test(header.vpcEndpoint ?? ''));
  deepEqual(readWhole(serializeProxyV2(header)), header);
}

function textOf({ address }: TransportAddress): string {
  return formatAddress(address);
}

/** As Node's own URL parser writes an address. */
function plainly(bytes: Buffer): string {
  const mapped = bytes.length === 16 && /^0{20}f{4}/.test(bytes.toString('hex'));
  if (bytes.length === 4 || mapped) return [...bytes.subarray(-4)].join('.');
  const groups = bytes.toString('hex').match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
