import t from 'tap';
import { writeTrail } from '../support/audit-trail.ts';
import { at, changedByte, found, pick, put } from './tamper.ts';

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
