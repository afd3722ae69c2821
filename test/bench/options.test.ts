import t from 'tap';
import { HELP, readOptions, WORKS } from '../../bench/options.ts';

t.test('Without a word every work runs, seven rounds of it.', async (t) => {
  t.match(readOptions([]), { works: [...WORKS], rounds: 7, sessions: [1000, 5000], check: false });
});

t.test('Works and candidates are named, in any case and order.', async (t) => {
  const options = readOptions(['--work', 'w6,W1', '--through', 'portcullis,pgbouncer', '--rounds', '3']);
  t.match(options, { works: ['W6', 'W1'], through: ['portcullis', 'pgbouncer'], rounds: 3 });
});

t.test('Help is asked for, and tells every option.', async (t) => {
  t.equal(readOptions(['--help']), undefined);
  for (const name of Object.keys(readOptions([]) ?? {}))
    t.match(HELP, name === 'works' ? '--work' : `--${name}`);
});

t.test('What cannot be meant is refused with the mend.', async (t) => {
  for (const [args, message] of [
    [['--work', 'W12'], /^--work: there is no W12; there are W1, /],
    [['--through', 'odyssey'], /^--through: there is no odyssey; there are direct, /],
    [['--rounds', '0'], /^--rounds: a whole number from 1 is needed$/],
    [['--sessions', '10,many'], /^--sessions: a whole number from 1 is needed$/],
    [['--fast'], /--fast/],
  ] as const) {
    t.throws(() => readOptions(args), { name: 'UsageError', message });
  }
});
