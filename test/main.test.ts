import t from 'tap';
import { run } from './support/child.ts';
import { CLONE, PLAIN_ENV } from './support/portcullis.ts';

/** Runs a shell line in which `$portcullis` is the command. */
async function shell(line: string): Promise<{ status: number; stdout: string; stderr: string }> {
  const portcullis = `"${process.execPath}" "${CLONE}bin/portcullis.cjs"`;
  return await run('sh', ['-c', line.replaceAll('$portcullis', portcullis)], { env: PLAIN_ENV });
}

t.test('A reader that has had enough is no error.', async (t) => {
  const { stdout, stderr } = await shell('{ $portcullis --help; echo "status $?" >&2; } | true');
  t.equal(stdout, '');
  t.equal(stderr, 'status 0\n');
});

t.test(
  'What cannot be written is an error of one line, and nothing to fall over.',
  { skip: process.platform !== 'linux' && 'no /dev/full' },
  async (t) => {
    const { status, stderr } = await shell('$portcullis --help >/dev/full');
    t.equal(stderr, 'portcullis: cannot write to standard output (ENOSPC)\n');
    t.equal(status, 1);
    t.equal((await shell('$portcullis no-such-command 2>/dev/full')).status, 2);
  },
);
