import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { run } from '../support/child.ts';
import { CLONE, ONE_LINE, PLAIN_ENV, portcullis } from '../support/portcullis.ts';
import { size } from '../support/size.ts';
import { Operator } from './operator.ts';

const COMMANDS = size(12, 4);

t.test('Commands that are given at once are all carried out, one after the other.', async (t) => {
  const { folder, ...who } = await withProject(t);
  const names = Array.from({ length: COMMANDS }, (_, index) => `role${index}`);
  const ended = await Promise.all(
    names.map((name) => portcullis(['roles', 'create', '--name', name, '--dir', folder])),
  );
  t.strictSame(
    ended.map(({ status, stderr }) => [status, stderr]),
    names.map(() => [0, '']),
  );
  t.strictSame((await who.roles()).toSorted(), names.toSorted());
});

t.test('Of two that want the same, one is done and the other is told so.', async (t) => {
  const { folder, ...who } = await withProject(t);
  const create = (): ReturnType<typeof portcullis> =>
    portcullis(['roles', 'create', '--name', 'app', '--dir', folder]);
  const [first, second] = (await Promise.all([create(), create()])).toSorted((a, b) => a.status - b.status);
  t.match(first, { status: 0, stderr: '' });
  t.match(second, { status: 1, stdout: '', stderr: /^portcullis: branch main has a role app already/ });
  t.strictSame(await who.roles(), ['app']);
});

t.test('A full disk is one line with the mend, status 1, and nothing is changed or left over.', async (t) => {
  const { folder } = await withProject(t);
  const catalog = join(folder, 'catalog.yaml');
  const [before, files] = [await readFile(catalog, 'utf8'), await readdir(folder)];
  // No file may grow (bash, ulimit); what tap puts into every Node would end it by the signal.
  const limited = `unset NODE_OPTIONS; trap '' XFSZ; ulimit -f 0; exec "$@"`;
  const command = [process.execPath, join(CLONE, 'bin/portcullis.cjs'), 'roles', 'create', '--name', 'app'];
  const ended = await run('bash', ['-c', limited, 'bash', ...command, '--dir', folder], { env: PLAIN_ENV });
  t.match(ended, { status: 1, stdout: '', stderr: ONE_LINE });
  t.match(ended.stderr, /cannot write beside .*catalog\.yaml \(EFBIG\): make room/);
  t.equal(await readFile(catalog, 'utf8'), before);
  t.strictSame(await readdir(folder), files);
});

interface WithProject {
  readonly folder: string;
  readonly roles: () => Promise<string[]>;
}

async function withProject(t: Parameters<typeof Operator.at>[0]): Promise<WithProject> {
  const who = await Operator.at(t);
  await who.runs('projects create --id shop --upstream postgres://db.internal:5432');
  const roles = async (): Promise<string[]> => {
    const shown = JSON.parse((await who.runs('roles list -o json')).stdout) as { readonly name: string }[];
    return shown.map(({ name }) => name);
  };
  return { folder: who.folder, roles };
}
