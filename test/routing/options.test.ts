import fc from 'fast-check';
import t from 'tap';
import { splitOptions, takeEndpoints } from '../../src/routing/options.ts';
import { MAX_OPENING_LENGTH } from '../../src/wire/limits.ts';
import { anyText } from '../allowlist/any-text.ts';

function wordsOf(options: string): string[] {
  return Array.from(splitOptions(options), ({ text }) => text);
}

const SPLIT: readonly (readonly [options: string, words: string[]])[] = [
  ['', []],
  ['  \t\n', []],
  ['-c geqo=off', ['-c', 'geqo=off']],
  [' \v-c\fgeqo=off\r\n', ['-c', 'geqo=off']],
  ['-c search_path=a\\ b', ['-c', 'search_path=a b']],
  ['a\\\\ b', ['a\\', 'b']],
  ['a\\\\\\ b', ['a\\ b']],
  ['\\a', ['a']],
  ['\\', ['']],
  ['a\\', ['a']],
  ['a\u00A0b a\u2003b', ['a\u00A0b', 'a\u2003b']],
];

const TAKEN: readonly (readonly [options: string, endpoints: string[], remaining: string | undefined])[] = [
  ['', [], ''],
  ['  ', [], '  '],
  ['-c geqo=off', [], '-c geqo=off'],
  ['endpoint=ep-x', ['ep-x'], undefined],
  ['  endpoint=ep-x  ', ['ep-x'], undefined],
  ['endpoint=EP-X', ['ep-x'], undefined],
  ['endpoint=ep-x -c geqo=off', ['ep-x'], '-c geqo=off'],
  ['-c geqo=off endpoint=ep-x', ['ep-x'], '-c geqo=off'],
  ['-c geqo=off endpoint=ep-x -c jit=off', ['ep-x'], '-c geqo=off -c jit=off'],
  ['-c geqo=off  endpoint=ep-x\t\t-c jit=off', ['ep-x'], '-c geqo=off  \t-c jit=off'],
  ['endpoint=ep-x endpoint=ep-x', ['ep-x'], undefined],
  ['a endpoint=ep-x endpoint=EP-X', ['ep-x'], 'a'],
  ['endpoint=ep-x a endpoint=ep-y b', ['ep-x', 'ep-y'], 'a b'],
  ['endpoint=', [''], undefined],
  ['e\\ndpoint=ep\\-x', ['ep-x'], undefined],
  ['endpoint=ep-x\\', ['ep-x'], undefined],
  ['endpoint=ep\\ x', ['ep x'], undefined],
  ['a\\ endpoint=ep-x', [], 'a\\ endpoint=ep-x'],
  ['a\\\\ endpoint=ep-x', ['ep-x'], 'a\\\\'],
  ['-c search_path=a\\ b endpoint=ep-x c\\\\', ['ep-x'], '-c search_path=a\\ b c\\\\'],
  ['endpoint=ep-x \\', ['ep-x'], '\\'],
  ['Endpoint=ep-x', [], 'Endpoint=ep-x'],
  ['--endpoint=ep-x', [], '--endpoint=ep-x'],
  ['-cendpoint=ep-x', [], '-cendpoint=ep-x'],
  ['project=shop', [], 'project=shop'],
  ['endpoint=a\u00A0-c', ['a\u00A0-c'], undefined],
];

t.test('Options are split into words as PostgreSQL splits them.', async (t) => {
  for (const [options, words] of SPLIT) t.strictSame(wordsOf(options), words, JSON.stringify(options));
});

t.test('Endpoints are taken out and the rest is kept as it was.', async (t) => {
  t.strictSame(takeEndpoints(undefined), { endpoints: [], remaining: undefined });
  for (const [options, endpoints, remaining] of TAKEN) {
    t.strictSame(takeEndpoints(options), { endpoints, remaining }, JSON.stringify(options));
  }
});

t.test('Words that were escaped are found again.', async (t) => {
  const words = fc.array(anyText.filter((word) => word !== ''));
  const property = fc.property(
    words,
    fc.constantFrom(' ', '\t', '\n', '\v', '\f', '\r', '  '),
    (expected, gap) => {
      const escaped = expected.map((word) => word.replace(/[ \t\n\v\f\r\\]/g, '\\$&'));
      const found = wordsOf(escaped.join(gap));
      return found.length === expected.length && found.every((word, index) => word === expected[index]);
    },
  );
  t.doesNotThrow(() => fc.assert(property, { numRuns: 500 }));
});

const someOptions = fc
  .array(
    fc.constantFrom(
      'endpoint=',
      'endpoint=ep-a',
      'endpoint=EP-B',
      '-c',
      'role=x',
      ' ',
      '  ',
      '\t',
      '\\',
      '\\\\',
      'é',
    ),
    { maxLength: 16 },
  )
  .map((pieces) => pieces.join(''));

t.test('The upstream sees every other word, and no endpoint.', async (t) => {
  const property = fc.property(fc.oneof(someOptions, anyText), (options) => {
    const { remaining } = takeEndpoints(options);
    const expected = wordsOf(options).filter((word) => !word.startsWith('endpoint='));
    const left = wordsOf(remaining ?? '');
    return left.length === expected.length && left.every((word, index) => word === expected[index]);
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 3000 }));
});

t.test('What is taken away is the words and one white space for each.', async (t) => {
  const property = fc.property(someOptions, (options) => {
    const taken = [...splitOptions(options)].filter(({ text }) => text.startsWith('endpoint='));
    const { endpoints, remaining } = takeEndpoints(options);
    if (taken.length === 0) return endpoints.length === 0 && remaining === options;
    if (remaining === undefined) return true;
    return (
      remaining.length === options.length - taken.reduce((sum, { start, end }) => sum + end - start + 1, 0)
    );
  });
  t.doesNotThrow(() => fc.assert(property, { numRuns: 3000 }));
});

t.test('Hostile options end, at the length of a startup packet and at a hundred times that.', async (t) => {
  const shapes = ['\\', '\\ ', ' ', 'x', 'endpoint=a ', 'endpoint=\\ ', ' \\\\', '=', '\0'];
  for (const length of [MAX_OPENING_LENGTH - 1, 100 * MAX_OPENING_LENGTH]) {
    for (const shape of shapes) {
      const options = shape.repeat(length).slice(0, length);
      const { remaining } = takeEndpoints(options);
      t.ok((remaining ?? '').length <= length, `${JSON.stringify(shape)} up to ${length}`);
    }
  }
});
