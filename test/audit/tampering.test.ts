import fc from 'fast-check';
import t from 'tap';
import { forged, writeTrail } from '../support/audit-trail.ts';
import { at, CASES, changedByte, findingsOf, found, open, pick, plan, put } from './tamper.ts';

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
