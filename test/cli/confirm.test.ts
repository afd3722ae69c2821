import { PassThrough } from 'node:stream';
import t from 'tap';
import { confirm, type Terminal } from '../../src/cli/confirm.ts';

interface Asked extends Terminal {
  readonly input: PassThrough & { isTTY: boolean };
  readonly output: PassThrough & { isTTY: boolean };
}

/** A terminal on which somebody types. */
function terminal(typed: string, { input = true, output = true } = {}): Asked {
  const asked = {
    input: Object.assign(new PassThrough(), { isTTY: input }),
    output: Object.assign(new PassThrough(), { isTTY: output }),
  };
  asked.input.end(typed);
  return asked;
}

t.test('A yes on the terminal is a yes, and anything else is none.', async (t) => {
  for (const typed of ['y\n', 'yes\n', ' Y \n', 'YES\n']) {
    const on = terminal(typed);
    await confirm('Delete branch dev?', {}, on);
    t.equal(String(on.output.read()), 'Delete branch dev? [y/N] ', JSON.stringify(typed));
  }
  for (const typed of ['\n', 'n\n', 'yep\n', 'no\n', ''])
    await t.rejects(confirm('?', {}, terminal(typed)), { exitCode: 1, message: 'nothing was changed' });
});

t.test('--yes is not asked, and where there is no terminal nothing else answers.', async (t) => {
  const silent = terminal('n\n');
  await confirm('Delete?', { yes: true }, silent);
  t.equal(silent.output.read(), null);
  for (const missing of [{ input: false }, { output: false }]) {
    const refused = confirm('Delete branch a\u001b[2J?', {}, terminal('y\n', missing));
    await t.rejects(refused, {
      exitCode: 2,
      message: /^Delete branch a\\u\{1b\}\[2J\? There is no terminal .*--yes/,
    });
  }
});
