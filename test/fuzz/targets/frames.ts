import { deepEqual } from 'node:assert/strict';
import { FrameSieve } from '../../../src/session/frame-sieve.ts';
import { IdleWatch } from '../../../src/session/idle-watch.ts';
import { FrameScanner } from '../../../src/wire/frame-scanner.ts';
import { clientLengths, upstreamLengths } from '../../../src/wire/length-rules.ts';
import type { Target } from '../target.ts';

const HEADER = 5;

/** Far beyond a run, in ms. */
const NEVER_MS = 86_400_000;

/** What a scanner says after each chunk. */
interface Step {
  readonly boundary: number;
  readonly atBoundary: boolean;
}

/**
 * A stream of typed messages, cut anywhere. The input's first byte chooses the direction and how many cuts there
 * are, two bytes for each cut follow, then the stream.
 */
export const frames: Target = {
  maxLength: 20_000,
  floorMs: 50,
  run(input) {
    const chunks = chunksOf(input);
    const fromClient = input.length > 0 && input.readUInt8(0) >= 0x80;
    const scanner = new FrameScanner(fromClient ? clientLengths : upstreamLengths, runsOf(fromClient));
    const steps = chunks.map((chunk): Step => {
      const boundary = scanner.scan(chunk);
      return { boundary, atBoundary: scanner.atBoundary };
    });
    deepEqual(steps, byteByByte(chunks, fromClient));
    deepEqual(watched(chunks, fromClient), steps, 'a watch for idleness changes what is let through');
    deepEqual(sieved(chunks, fromClient), steps, 'a sieve changes what is let through');
  },
};

/** As the relay has them: CopyData, and DataRow, which from a client is a Describe. */
function runsOf(fromClient: boolean): readonly number[] {
  return [...Buffer.from(fromClient ? 'd' : 'Dd')];
}

/** The same with a watch in between, which looks into headers and ReadyForQuery as they pass. */
function watched(chunks: readonly Buffer[], fromClient: boolean): Step[] {
  const idle = new IdleWatch(NEVER_MS, () => {});
  const rule = fromClient ? idle.fromClient(clientLengths) : idle.fromUpstream(upstreamLengths);
  const scanner = new FrameScanner(rule, runsOf(fromClient));
  const steps = chunks.map((chunk): Step => {
    const boundary = scanner.scan(chunk);
    if (boundary >= 0 && !fromClient) idle.upstreamSent(chunk);
    return { boundary, atBoundary: scanner.atBoundary };
  });
  idle.stop();
  return steps;
}

/** The same with a sieve that looks at some frames and changes none: what it passes on are the same bytes. */
function sieved(chunks: readonly Buffer[], fromClient: boolean): Step[] {
  const sieve = new FrameSieve({
    types: [...Buffer.from('QPSE')],
    mayInterest: () => true,
    interest: (_, length) => (length > 100 ? 'parts' : 'whole'),
    whole: (bytes, start, end) => (end % 2 === 0 ? bytes.subarray(start, end) : undefined),
    part: (part) => part,
  });
  const scanner = new FrameScanner(
    sieve.following(fromClient ? clientLengths : upstreamLengths),
    runsOf(fromClient),
  );
  let passed = Buffer.alloc(0);
  let taken = Buffer.alloc(0);
  return chunks.map((chunk): Step => {
    const boundary = scanner.scan(chunk);
    if (boundary >= 0) {
      taken = Buffer.concat([taken, chunk]);
      const out = sieve.take(chunk, scanner.next);
      for (const part of Buffer.isBuffer(out) ? [out] : out)
        if (Buffer.isBuffer(part)) passed = Buffer.concat([passed, part]);
      const isWhole = scanner.atBoundary && !sieve.holding;
      deepEqual(isWhole ? passed : taken.subarray(0, passed.length), isWhole ? taken : passed);
    }
    return { boundary, atBoundary: scanner.atBoundary };
  });
}

function chunksOf(input: Buffer): Buffer[] {
  const count = input.length === 0 ? 0 : input.readUInt8(0) & 0x0f;
  const start = Math.min(input.length, 1 + 2 * count);
  const stream = input.subarray(start);
  const cuts = Array.from({ length: (start - 1) >> 1 }, (_, index) => input.readUInt16BE(1 + 2 * index));
  const places = [...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b);
  return places.map((end, index) => stream.subarray(places[index - 1] ?? 0, end));
}

/** The same, so slowly that it can be seen to be right: one byte after the other, lengths as they are counted. */
function byteByByte(chunks: readonly Buffer[], fromClient: boolean): Step[] {
  let header: number[] = [];
  let left = 0n;
  let refused = false;
  return chunks.map((chunk) => {
    const before = { header: [...header], left };
    let boundary = 0;
    for (const [index, byte] of chunk.entries()) {
      if (left > 0n) left -= 1n;
      else header.push(byte);
      if (header.length === HEADER && left === 0n) {
        const length = lengthIn(header);
        refused ||= length < 4n || (fromClient && length > mostFor(String.fromCharCode(Number(header[0]))));
        left = length - 4n;
        header = [];
      }
      if (header.length === 0 && left === 0n) boundary = index + 1;
    }
    if (refused) ({ header, left } = before);
    return { boundary: refused ? -1 : boundary, atBoundary: header.length === 0 && left === 0n };
  });
}

function lengthIn([, ...bytes]: readonly number[]): bigint {
  return BigInt.asIntN(32, BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
}

/** Query, Parse, Bind, FunctionCall and CopyData may be long (postgres.c, SocketBackend). */
function mostFor(letter: string): bigint {
  return 'QPBFd'.includes(letter) ? 0x3ffffffen : 10_000n;
}
