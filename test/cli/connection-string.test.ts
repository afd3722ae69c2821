import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { Operator } from './operator.ts';

/** A project with a default branch and `dev`, whose databases are `app` and `shop`. */
async function operator(t: Parameters<typeof Operator.at>[0]): Promise<Operator> {
  const who = await Operator.at(t);
  await appendFile(join(who.folder, 'portcullis.yaml'), 'public: { domain: db.example.com, port: 5432 }\n');
  await who.runs('projects create --id shop --upstream postgres://db.internal:5432');
  await who.runs('roles create --name app');
  await who.runs('branches create --name dev --database app:app_dev --database shop:shop_dev');
  return who;
}

t.test(
  'A branch is named by its place or by --branch, by name or id; by neither, it is the default.',
  async (t) => {
    const who = await operator(t);
    const url = async (flags: string): Promise<string> =>
      (await who.runs(`connection-string${flags}`)).stdout.trimEnd();
    const [main, dev] = JSON.parse((await who.runs('branches list -o json')).stdout);
    const of = (branch: { endpoints: string[] }, database: string): string =>
      `postgresql://app@${branch.endpoints[0]}.db.example.com:5432/${database}?sslmode=verify-full&channel_binding=require`;
    t.equal(await url(''), of(main, 'app'));
    for (const flags of [' dev', ' --branch dev', ` --branch ${dev.id}`, ' dev --branch dev'])
      t.equal(await url(flags), of(dev, 'app'), flags);
    t.equal(await url(' --branch dev --database-name shop'), of(dev, 'shop'));
    t.equal(
      await url(' --database-name other'),
      of(main, 'other'),
      'an unmapped branch has whatever is there',
    );
  },
);

t.test('What does not lead anywhere is told in a line, with status 2.', async (t) => {
  const who = await operator(t);
  const cases = [
    ['main --branch dev', /^portcullis: two branches are named: give one\n$/],
    ['--branch nowhere', /^portcullis: give a branch: there are main, dev\n$/],
    [
      '--branch dev --database-name other',
      /^portcullis: branch dev has no database other; it has: app, shop\n$/,
    ],
    ['--role-name nobody', /^portcullis: branch main has no role nobody; it has: app\n$/],
    ['--project-id none', /^portcullis: give --project-id: there is shop\n$/],
  ] as const;
  for (const [line, wanted] of cases) {
    const { status, stdout, stderr } = await who.runs(`connection-string ${line}`);
    t.strictSame({ status, stdout }, { status: 2, stdout: '' }, line);
    t.match(stderr, wanted);
  }
});
