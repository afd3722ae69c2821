import { PassThrough, Readable } from 'node:stream';
import t from 'tap';
import { CliError } from '../../src/cli/error.ts';
import { newPasswordFrom, passwordFrom, secretFrom } from '../../src/cli/typed-password.ts';

/** A terminal: what it was set to, one word a change. */
function terminal(): PassThrough & { readonly isTTY: true; readonly modes: string[] } {
  const modes: string[] = [];
  const stream = new PassThrough();
  return Object.assign(stream, {
    isTTY: true as const,
    modes,
    setRawMode: (raw: boolean) => void modes.push(raw ? 'raw' : 'usual'),
  });
}

/** What comes of these keys, and what was shown. */
async function typing(keys: string): Promise<{ password: string; shown: string; modes: string[] }> {
  const input = terminal();
  let shown = '';
  const password = passwordFrom(input, (text) => {
    shown += text;
  });
  input.write(keys);
  return { password: await password, shown, modes: input.modes };
}

t.test('A password is typed without echo, and the terminal is as it was afterwards.', async (t) => {
  const { password, shown, modes } = await typing('g6s7MQ\r');
  t.equal(password, 'g6s7MQ');
  t.equal(shown, 'Password: \n');
  t.strictSame(modes, ['raw', 'usual']);
  t.equal((await typing('g6s7X\u007fMQ\r')).password, 'g6s7MQ', 'a mistake can be taken back');
  t.equal((await typing('密码😀\r')).password, '密码😀');
  t.equal((await typing('\r')).password, '');
});

t.test('Ctrl-C and Ctrl-D leave, and so does the end of the terminal.', async (t) => {
  for (const keys of ['abc\u0003', '\u0004']) {
    await t.rejects(typing(keys), new CliError('no password was typed', 1));
  }
  const input = terminal();
  const password = passwordFrom(input, () => {});
  input.end();
  await t.rejects(password, new CliError('no password was typed', 1));
  t.strictSame(input.modes, ['raw', 'usual']);
});

t.test('From a program it is what stands there, but for the last newline; nothing is shown.', async (t) => {
  const show = (): void => {
    throw new Error('shown');
  };
  t.equal(await passwordFrom(Readable.from([Buffer.from(' g6s7 MQ \r\n')]), show), ' g6s7 MQ ');
  await t.rejects(passwordFrom(Readable.from([Buffer.from('one\ntwo')]), show), CliError);
});

/** A new password typed at a terminal, each line once it is asked for. */
async function typingNew(...lines: readonly string[]): Promise<{ password: string; shown: string }> {
  const input = terminal();
  const left = [...lines];
  let shown = '';
  const password = newPasswordFrom(input, (text) => {
    shown += text;
    if (text !== '\n') setImmediate(() => input.write(`${left.shift()}\r`));
  });
  return { password: await password, shown };
}

t.test('A new password is typed twice, and both must be one.', async (t) => {
  t.strictSame(await typingNew('g6s7MQ', 'g6s7MQ'), {
    password: 'g6s7MQ',
    shown: 'New password: \nThe same again: \n',
  });
  await t.rejects(
    typingNew('g6s7MQ', 'g6s7MR'),
    new CliError('the two passwords differ: nothing was changed', 1),
  );
  t.equal(
    await newPasswordFrom(Readable.from([Buffer.from('g6s7MQ\n')])),
    'g6s7MQ',
    'a program says it once',
  );
});

t.test('Another secret is asked for by its own name.', async (t) => {
  const input = terminal();
  let shown = '';
  const verifier = secretFrom('verifier', input, (text) => {
    shown += text;
  });
  input.write('SCRAM\r');
  t.equal(await verifier, 'SCRAM');
  t.equal(shown, 'Verifier: \n');
  const none = secretFrom('verifier', Readable.from([Buffer.from('\n')]));
  await t.rejects(none, new CliError('no verifier came on standard input', 2));
});
