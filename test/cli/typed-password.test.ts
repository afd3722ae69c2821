import { PassThrough, Readable } from 'node:stream';
import t from 'tap';
import { CliError } from '../../src/cli/error.ts';
import { passwordFrom } from '../../src/cli/typed-password.ts';

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
