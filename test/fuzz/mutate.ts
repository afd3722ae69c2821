/** What mutations draw on. */
export interface Material {
  readonly corpus: readonly Buffer[];
  readonly words: readonly Buffer[];
  readonly maxLength: number;
}

/** One change, as whole numbers that fast-check invents: which, where, how much of it, and with what. */
export type Change = readonly [kind: number, place: number, size: number, value: number];

type Mutation = (bytes: Buffer, change: Change, material: Material) => Buffer;

/** Corners of the integers that length fields are made of, and the protocol's own limits with their neighbours. */
const INTERESTING = [
  0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 0x7f, 0x80, 0xff, 0x100, 256, 257, 1024, 1088, 1089, 4096, 4097, 10_000,
  10_001, 0x7fff, 0x8000, 0xffff, 0x10000, 0x3ffffffe, 0x3fffffff, 0x7ffffffe, 0x7fffffff, 0x80000000,
  0xfffffffe, 0xffffffff,
];

/** The same for numbers in text. */
const NUMBERS = [
  '0',
  '-1',
  '00',
  '1',
  '32',
  '33',
  '128',
  '129',
  '255',
  '256',
  '4096',
  '65535',
  '65536',
  '1e3',
  '0x10',
].concat(['2147483647', '2147483648', '4294967296', '9007199254740993', '1'.repeat(400), '.5', 'NaN', '١']);

const INTEGER_SIZES = [1, 2, 4] as const;
const INT32 = 4;

/** The longest piece that is taken out, doubled or moved. */
const LONGEST_PIECE = 64;
/** How often a piece is repeated at most: quadratic work shows here. */
const MOST_COPIES = 4096;

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  setByte,
  setInteger,
  nudgeLength,
  changeNumber,
  truncate,
  remove,
  repeat,
  move,
  insertWord,
  overwriteWithWord,
  insertBytes,
  splice,
  repeatLine,
];

/** How many kinds of change there are. */
export const KINDS = MUTATIONS.length;

/** An input with these done to it, one after the other. */
export function mutate(seed: Buffer, changes: readonly Change[], material: Material): Buffer {
  return changes.reduce((bytes, change) => {
    const mutation = pick(MUTATIONS, change[0]);
    return mutation(bytes, change, material).subarray(0, material.maxLength);
  }, seed);
}

function flipBit(bytes: Buffer, [, place, , value]: Change): Buffer {
  if (bytes.length === 0) return bytes;
  const changed = Buffer.from(bytes);
  const at = place % bytes.length;
  changed.writeUInt8(changed.readUInt8(at) ^ (1 << (value % 8)), at);
  return changed;
}

function setByte(bytes: Buffer, [, place, , value]: Change): Buffer {
  return put(bytes, place % (bytes.length + 1), Buffer.of(value % 256), 1);
}

function setInteger(bytes: Buffer, [, place, size, value]: Change): Buffer {
  const width = pick(INTEGER_SIZES, size);
  return put(bytes, place % (bytes.length + 1), integer(pick(INTERESTING, value), width), width);
}

/** Changes an Int32 that could be the length of something here, by a little. */
function nudgeLength(bytes: Buffer, change: Change): Buffer {
  const [, place, size, value] = change;
  const places: number[] = [];
  for (let at = 0; at + INT32 <= bytes.length; at += 1) {
    const length = bytes.readUInt32BE(at);
    if (length > 0 && length <= bytes.length) places.push(at);
  }
  if (places.length === 0) return setInteger(bytes, change);
  const at = pick(places, place);
  const nudged = bytes.readUInt32BE(at) + (size % 2 === 0 ? 1 : -1) * (1 + (value % 4));
  return put(bytes, at, integer(nudged, INT32), INT32);
}

/** A number written in digits becomes another. */
function changeNumber(bytes: Buffer, change: Change): Buffer {
  const found = [...bytes.toString('latin1').matchAll(/[0-9]+/g)];
  if (found.length === 0) return setByte(bytes, change);
  const [, place, , value] = change;
  const number = pick(found, place);
  return put(bytes, number.index, Buffer.from(pick(NUMBERS, value)), number[0].length);
}

function truncate(bytes: Buffer, [, place]: Change): Buffer {
  return bytes.subarray(0, place % (bytes.length + 1));
}

function remove(bytes: Buffer, [, place, size]: Change): Buffer {
  return put(bytes, place % (bytes.length + 1), Buffer.alloc(0), 1 + (size % LONGEST_PIECE));
}

/** A piece again and again: mostly once or twice, now and then up to the longest input. */
function repeat(bytes: Buffer, [, place, size, value]: Change, { maxLength }: Material): Buffer {
  const at = place % (bytes.length + 1);
  const piece = bytes.subarray(at, at + 1 + (size % LONGEST_PIECE));
  const wanted = value % 16 === 0 ? 1 + (value % MOST_COPIES) : 1 + (value % 3);
  const room = Math.max(1, Math.floor(maxLength / Math.max(1, piece.length)));
  const copies = Array.from({ length: Math.min(wanted, room) }, () => piece);
  return put(bytes, at, Buffer.concat(copies), 0);
}

function move(bytes: Buffer, [, place, size, value]: Change): Buffer {
  const from = place % (bytes.length + 1);
  const piece = bytes.subarray(from, from + 1 + (size % LONGEST_PIECE));
  const without = put(bytes, from, Buffer.alloc(0), piece.length);
  return put(without, value % (without.length + 1), piece, 0);
}

function insertWord(bytes: Buffer, [, place, , value]: Change, { words }: Material): Buffer {
  return put(bytes, place % (bytes.length + 1), pick(words, value), 0);
}

function overwriteWithWord(bytes: Buffer, [, place, size, value]: Change, { words }: Material): Buffer {
  const word = pick(words, value);
  const over = size % 2 === 0 ? word.length : size % LONGEST_PIECE;
  return put(bytes, place % (bytes.length + 1), word, over);
}

function insertBytes(bytes: Buffer, [, place, size, value]: Change): Buffer {
  const random = integer(value, INT32).subarray(0, 1 + (size % INT32));
  return put(bytes, place % (bytes.length + 1), random, 0);
}

/** The beginning of this one and the end of another. */
function splice(bytes: Buffer, [, place, size, value]: Change, { corpus }: Material): Buffer {
  const other = pick(corpus, value);
  const tail = other.subarray(size % (other.length + 1));
  return Buffer.concat([bytes.subarray(0, place % (bytes.length + 1)), tail]);
}

/** A whole line, of this one or another, put before any line. */
function repeatLine(bytes: Buffer, [, place, size, value]: Change, { corpus }: Material): Buffer {
  const source = size % 2 === 0 ? bytes : pick(corpus, size);
  const lines = bytes.toString('latin1').split('\n');
  lines.splice(place % (lines.length + 1), 0, pick(source.toString('latin1').split('\n'), value));
  return Buffer.from(lines.join('\n'), 'latin1');
}

/** Bytes with something at a place, instead of so many that stood there. */
function put(bytes: Buffer, at: number, what: Buffer, instead: number): Buffer {
  return Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at + instead)]);
}

function integer(value: number, width: 1 | 2 | 4): Buffer {
  const bytes = Buffer.alloc(INT32);
  bytes.writeUInt32BE(value >>> 0);
  return bytes.subarray(INT32 - width);
}

function pick<T>(list: readonly T[], index: number): T {
  const found = list[index % list.length];
  if (found === undefined) throw new RangeError('nothing to choose from');
  return found;
}
