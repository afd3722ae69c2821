import t from 'tap';
import { portcullis } from '../support/portcullis.ts';

t.test('password check says weak, why and the mend, and fails.', async (t) => {
  t.strictSame(await portcullis(['password', 'check'], { input: 'Password123!\n' }), {
    status: 1,
    stdout:
      'weak: 17 bits, at least 60 needed; it is built on a common password\n' +
      '  add at least 8 random letters and digits, or take one from "portcullis password generate"\n',
    stderr: '',
  });
  const short = await portcullis(['password', 'check'], { input: 'hunter2\r\n' });
  t.match(short, { status: 1, stdout: /^weak: it is shorter than 12 characters\n/ });
});

t.test('password check says strong; the context counts; -o json has the same for programs.', async (t) => {
  const strong = await portcullis(['password', 'check', '-o', 'json'], { input: 'Quuxzorb-Grinfelq-42' });
  t.match(strong, { status: 0, stderr: '' });
  const fields = JSON.parse(strong.stdout);
  t.match(fields, { verdict: 'strong', required_bits: 60, why: 'it takes long to guess', suggestion: null });
  t.ok(fields.bits > 60);
  const context = ['--user', 'quuxzorb', '--database', 'grinfelq'];
  const weak = await portcullis(['password', 'check', ...context, '-o', 'json'], {
    input: 'Quuxzorb-Grinfelq-42\n',
  });
  t.equal(weak.status, 1);
  const { bits, ...rest } = JSON.parse(weak.stdout);
  t.ok(bits > 0 && bits < 60, `${bits}`);
  t.match(rest, {
    verdict: 'weak',
    why: /^it is built on a name that goes with the database/,
    suggestion: /^add/,
  });
  t.strictSame(Object.keys(fields), ['verdict', 'bits', 'required_bits', 'why', 'suggestion']);
});

t.test('password check without a password, or with bytes that are none, is wrong usage.', async (t) => {
  for (const input of ['', Buffer.of(0xff, 0xfe), 'x'.repeat(100_000)]) {
    const { status, stdout, stderr } = await portcullis(['password', 'check'], { input });
    t.equal(status, 2);
    t.equal(stdout, '');
    t.match(stderr, /^portcullis: [^\n]*password[^\n]*\n$/);
  }
});

t.test('password generate prints 128 bits of letters and digits, or what is asked for.', async (t) => {
  const usual = await portcullis(['password', 'generate']);
  t.match(usual, { status: 0, stderr: '', stdout: /^[A-Za-z0-9]{22}\n$/ });
  const short = await portcullis(['password', 'generate', '--bits', '60', '-o', 'json']);
  t.match(JSON.parse(short.stdout), { password: /^[A-Za-z0-9]{12}$/, bits: 60 });
  const { password } = JSON.parse(short.stdout);
  t.match(await portcullis(['password', 'check'], { input: password }), { status: 0, stdout: /^strong: / });
});

t.test('password generate takes 60 to 762 bits, as many as 128 characters have.', async (t) => {
  t.match((await portcullis(['password', 'generate', '--bits', '762'])).stdout, /^[A-Za-z0-9]{128}\n$/);
  for (const bits of ['59', '763', '1e2']) {
    const { status, stdout, stderr } = await portcullis(['password', 'generate', `--bits=${bits}`]);
    t.equal(status, 2, bits);
    t.equal(stdout, '');
    t.match(stderr, /^portcullis: .*A password has from 60 to 762 bits\..*\n$/);
  }
});
