import fc from 'fast-check';
import t, { type Test } from 'tap';
import type { Finding } from '../../src/audit/findings.ts';
import { ChainVerifier } from '../../src/audit/verification.ts';
import { forged, KEYS, linesOf, type WrittenSegment, writeTrail } from '../support/audit-trail.ts';

/** Of each kind of tampering. */
const CASES = process.env['PORTCULLIS_E2E_FULL'] === '1' ? 2000 : 100;

type File = 'records' | 'checkpoints';

/** A line of a trail that may be tampered with, as mutable lists; segments by their order. */
interface Opened {
  readonly names: string[];
  readonly records: string[][];
  readonly checkpoints: string[][];
}

/** Numbers below 1, of which a tampering makes its choices. */
type Chance = readonly number[];

/** Where it should be found: the segment by its order, the line from 1. */
interface Mark {
  readonly segment: number;
  readonly file: File;
  readonly line: number;
}

/** @returns undefined where the choices leave everything as it was. */
type Tampering = (trail: Opened, chance: Chance, segments: readonly WrittenSegment[]) => Mark | undefined;

const plan = fc.record({
  segments: fc.array(fc.integer({ min: 2, max: 6 }), { minLength: 2, maxLength: 3 }),
  every: fc.integer({ min: 1, max: 4 }),
});
const chances = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
  minLength: 5,
  maxLength: 5,
});

function open(segments: readonly WrittenSegment[]): Opened {
  return {
    names: segments.map(({ name }) => name),
    records: segments.map(({ records = [] }) => [...records]),
    checkpoints: segments.map(({ checkpoints = [] }) => [...checkpoints]),
  };
}

async function findingsOf({ names, records, checkpoints }: Opened): Promise<readonly Finding[]> {
  const verifier = new ChainVerifier({ publicKeys: [KEYS.publicKey] });
  const order = names.map((name, index) => ({ name, index })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, index } of order) {
    await verifier.segment({
      name,
      records: linesOf(records[index] ?? []),
      checkpoints: linesOf(checkpoints[index] ?? []),
    });
  }
  return verifier.end();
}

/** The first finding in the file must be at the place, or beside it where lines have moved. */
async function found(t: Test, tampering: Tampering): Promise<void> {
  let cases = 0;
  await fc.assert(
    fc.asyncProperty(plan, chances, async (plan, chance) => {
      const segments = writeTrail(plan);
      const trail = open(segments);
      const mark = tampering(trail, chance, segments);
      fc.pre(mark !== undefined);
      cases += 1;
      const findings = await findingsOf(trail);
      const [first] = findings.filter(({ file }) => file === mark.file);
      const name = segments[mark.segment]?.name;
      const isThere = first !== undefined && first.segment === name && Math.abs(first.line - mark.line) <= 1;
      if (!isThere) throw new Error(`${name} ${mark.line}: ${JSON.stringify(findings, null, 1)}`);
    }),
    { numRuns: CASES },
  );
  t.ok(cases >= CASES, `${cases} cases`);
}

/** A place among lists: which list, and which of its entries. */
function pick(lists: readonly (readonly string[])[], chance: number): { list: number; entry: number } {
  let rest = Math.floor(chance * lists.reduce((sum, { length }) => sum + length, 0));
  for (const [list, { length }] of lists.entries()) {
    if (rest < length) return { list, entry: rest };
    rest -= length;
  }
  throw new Error('there is nothing to pick');
}

function at(lists: readonly (readonly string[])[], { list, entry }: { list: number; entry: number }): string {
  const text = lists[list]?.[entry];
  if (text === undefined) throw new Error('there is no such line');
  return text;
}

function put(lists: string[][], { list, entry }: { list: number; entry: number }, ...texts: string[]): void {
  lists[list]?.splice(entry, 1, ...texts);
}

/** Another printable character somewhere in a text. */
function changedByte(text: string, where: number, what: number): string {
  const index = Math.floor(where * text.length);
  const was = text.charCodeAt(index);
  const now = 32 + ((was - 32 + 1 + Math.floor(what * 94)) % 95);
  return text.slice(0, index) + String.fromCharCode(now) + text.slice(index + 1);
}

const laterTime = (text: string): string => text.replace(/"time":\d+/, '"time":1');

t.test('Trails that nobody touched give no finding.', async (t) => {
  await fc.assert(
    fc.asyncProperty(plan, async (plan) => {
      const findings = await findingsOf(open(writeTrail(plan)));
      if (findings.length > 0) throw new Error(JSON.stringify(findings));
    }),
    { numRuns: CASES },
  );
  t.pass(`${CASES} trails`);
});

t.test('A byte that was changed in a record is found.', async (t) =>
  found(t, ({ records }, [a = 0, b = 0, c = 0]) => {
    const place = pick(records, a);
    put(records, place, changedByte(at(records, place), b, c));
    return { segment: place.list, file: 'records', line: place.entry + 1 };
  }),
);

t.test('A record that was changed and hashed anew is found.', async (t) =>
  found(t, ({ records }, [a = 0]) => {
    const place = pick(records, a);
    put(records, place, forged(at(records, place), laterTime));
    return { segment: place.list, file: 'records', line: place.entry + 1 };
  }),
);

t.test(
  'A record that was changed, with all after it linked anew, is found where the next is signed.',
  async (t) =>
    found(t, (trail, [a = 0], segments) => {
      const { list, entry } = pick(trail.records, a);
      relinkFrom(trail.records, list, entry);
      const signed = (segments[list]?.checkpoints ?? []).map((line) => Number(JSON.parse(line).sequence));
      const first = Number(trail.names[list]);
      const sequence = signed.find((each) => each >= first + entry) ?? first;
      return { segment: list, file: 'records', line: sequence - first + 1 };
    }),
);

t.test('A record that was removed is found.', async (t) =>
  found(t, ({ records }, [a = 0]) => {
    const place = pick(records, a);
    put(records, place);
    return { segment: place.list, file: 'records', line: place.entry + 1 };
  }),
);

t.test('Records that changed places are found, also from segment to segment.', async (t) =>
  found(t, ({ records }, [a = 0, b = 0]) => {
    const [one, other] = [pick(records, a), pick(records, b)].toSorted(
      (x, y) => x.list - y.list || x.entry - y.entry,
    );
    if (one === undefined || other === undefined) return undefined;
    if (one.list === other.list && one.entry === other.entry) return undefined;
    const [first, second] = [at(records, one), at(records, other)];
    put(records, one, second);
    put(records, other, first);
    return { segment: one.list, file: 'records', line: one.entry + 1 };
  }),
);

t.test('A record that was moved is found.', async (t) =>
  found(t, ({ records }, [a = 0, b = 0]) => {
    const from = pick(records, a);
    const text = at(records, from);
    put(records, from);
    const to = pick(records, b);
    if (from.list === to.list && Math.abs(from.entry - to.entry) < 2) return undefined;
    put(records, to, text, at(records, to));
    const isFirst = from.list < to.list || (from.list === to.list && from.entry < to.entry);
    const { list, entry } = isFirst ? from : to;
    return { segment: list, file: 'records', line: entry + 1 };
  }),
);

t.test('A record that was put in is found.', async (t) =>
  found(t, ({ records }, [a = 0, b = 0]) => {
    const place = pick(records, a);
    const text = at(records, place);
    const texts = [
      forged(text, laterTime),
      'no record',
      '{}',
      text.replace(/"sequence":\d+/, '"sequence":3'),
    ];
    put(records, place, texts[Math.floor(b * texts.length)] ?? '', text);
    return { segment: place.list, file: 'records', line: place.entry + 1 };
  }),
);

t.test('A record that stands twice is found.', async (t) =>
  found(t, ({ records }, [a = 0, b = 0]) => {
    const text = at(records, pick(records, a));
    const to = pick(records, b);
    put(records, to, at(records, to), text);
    return { segment: to.list, file: 'records', line: to.entry + 2 };
  }),
);

t.test('Records of another chain are found.', async (t) =>
  found(t, ({ records }, [a = 0, b = 0], segments) => {
    const other = writeTrail({
      segments: segments.map(({ records = [] }) => records.length),
      every: 2,
      chain: '99999999-1111-4222-8333-444455556666',
    });
    const place = pick(records, a);
    const count = 1 + Math.floor(b * 3);
    const texts = other[place.list]?.records?.slice(place.entry, place.entry + count) ?? [];
    records[place.list]?.splice(place.entry, texts.length, ...texts);
    return { segment: place.list, file: 'records', line: place.entry + 1 };
  }),
);

t.test('A tail that was cut off before a checkpoint is found.', async (t) =>
  found(t, ({ records }, [a = 0]) => {
    const last = records.length - 1;
    const left = Math.floor(a * (records[last]?.length ?? 0));
    records[last]?.splice(left);
    return { segment: last, file: 'records', line: left };
  }),
);

t.test('A segment that was removed is found.', async (t) =>
  found(t, ({ names, records, checkpoints }, [a = 0]) => {
    const index = Math.floor(a * (names.length - 1));
    for (const list of [names, records, checkpoints]) list.splice(index, 1);
    return { segment: index + 1, file: 'records', line: 1 };
  }),
);

t.test('Segments that changed names are found.', async (t) =>
  found(t, ({ names }, [a = 0]) => {
    const index = Math.floor(a * (names.length - 1));
    const [one = '', other = ''] = names.slice(index, index + 2);
    names.splice(index, 2, other, one);
    return { segment: index, file: 'records', line: 1 };
  }),
);

t.test('A checkpoint that was changed is found.', async (t) =>
  found(t, ({ checkpoints }, [a = 0, b = 0, c = 0]) => {
    const place = pick(checkpoints, a);
    put(checkpoints, place, changedByte(at(checkpoints, place), b, c));
    return { segment: place.list, file: 'checkpoints', line: place.entry + 1 };
  }),
);

t.test('A checkpoint that was removed is found where the next one names it.', async (t) =>
  found(t, ({ checkpoints }, [a = 0]) => {
    const place = pick(checkpoints, a);
    put(checkpoints, place);
    const rest = checkpoints[place.list]?.length ?? 0;
    if (place.entry < rest) return { segment: place.list, file: 'checkpoints', line: place.entry + 1 };
    const isLast = place.list === checkpoints.length - 1;
    return isLast ? undefined : { segment: place.list + 1, file: 'checkpoints', line: 1 };
  }),
);

t.test('Checkpoints that changed places, or stand twice, are found.', async (t) =>
  found(t, ({ checkpoints }, [a = 0, b = 0, c = 0]) => {
    const [one, other] = [pick(checkpoints, a), pick(checkpoints, b)].toSorted(
      (x, y) => x.list - y.list || x.entry - y.entry,
    );
    if (one === undefined || other === undefined) return undefined;
    const [first, second] = [at(checkpoints, one), at(checkpoints, other)];
    if (first === second) put(checkpoints, one, first, first);
    else if (c < 0.5) put(checkpoints, one, second, first);
    else {
      put(checkpoints, one, second);
      put(checkpoints, other, first);
    }
    return { segment: one.list, file: 'checkpoints', line: one.entry + 1 };
  }),
);

t.test('Checkpoints of another trail are found.', async (t) =>
  found(t, ({ checkpoints }, [a = 0], segments) => {
    const other = writeTrail({
      segments: segments.map(({ records = [] }) => records.length),
      every: 1,
      chain: '99999999-1111-4222-8333-444455556666',
    });
    const place = pick(checkpoints, a);
    if (place.list === 0 && place.entry === 0) return undefined;
    put(checkpoints, place, other[place.list]?.checkpoints?.[0] ?? '');
    return { segment: place.list, file: 'checkpoints', line: place.entry + 1 };
  }),
);

/** Changes a record and links everything behind it to it, as somebody would who has no key but time. */
function relinkFrom(records: string[][], list: number, entry: number): void {
  let previous: string | undefined;
  for (const [index, lines] of records.entries()) {
    for (const [line, text] of lines.entries()) {
      if (index < list || (index === list && line < entry)) continue;
      const changed = forged(text, (each) =>
        previous === undefined ? laterTime(each) : withPrevious(each, previous),
      );
      previous = JSON.parse(changed).unmapped.attestation.fingerprint.value;
      lines[line] = changed;
    }
  }
}

function withPrevious(text: string, fingerprint: string | undefined): string {
  const record = JSON.parse(text);
  record.unmapped.attestation.prev_event.fingerprint.value = fingerprint;
  return JSON.stringify(record);
}
