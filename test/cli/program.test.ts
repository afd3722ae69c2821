import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { Operator } from './operator.ts';

t.test('An error is shown as text, whatever it quotes; of several, each has its line.', async (t) => {
  const who = await Operator.at(t);
  await writeFile(join(who.folder, 'portcullis.yaml'), 'listen: []\nlimits: { max_connections: 0 }\n');
  const wrong = await who.runs('projects list');
  t.match(wrong, { status: 2, stdout: '' });
  const lines = wrong.stderr.trimEnd().split('\n');
  t.ok(lines.length > 1, wrong.stderr);
  for (const line of lines) t.match(line, /^portcullis: .*portcullis\.yaml:\d+:\d+: /);
  const odd = Operator.in(join(who.folder, 'odd\u001b[2J\u202e'));
  const missing = await odd.runs('projects list');
  t.match(missing, { status: 2, stdout: '', stderr: /odd\\u(001b|\{1b\})\[2J\\u(202e|\{202e\})/ });
  t.notMatch(missing.stderr, /(?!\n)[\p{Cc}\p{Cf}]/u);
});

t.test('A gateway that does not answer is told with the reason.', async (t) => {
  const who = await Operator.at(t);
  const socket = join(who.folder, 'portcullis.sock');
  t.match(await who.runs('sessions list'), {
    status: 1,
    stderr: `portcullis: no gateway answers at ${socket}: is it running?\n`,
  });
  await mkdir(join(who.folder, 'x'.repeat(100)));
  const far = Operator.in(join(who.folder, 'x'.repeat(100)));
  await writeFile(join(far.folder, 'portcullis.yaml'), '');
  t.match(await far.runs('sessions list'), {
    status: 1,
    stderr: /^portcullis: no gateway answers at .*: .*EINVAL/,
  });
});
