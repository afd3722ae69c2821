import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { Operator } from './operator.ts';

const ENDPOINT = /^ep-[a-z]+-[a-z]+-\d{8}$/;

interface Shown {
  readonly id: string;
  readonly branch_name: string;
}

async function operator(t: Parameters<typeof Operator.at>[0]): Promise<Operator> {
  const made = await Operator.at(t);
  await made.runs('projects create --id shop --upstream postgres://db.internal:5432');
  await made.runs('branches create --name dev');
  return made;
}

async function endpoints(who: Operator, flags = ''): Promise<readonly Shown[]> {
  return JSON.parse((await who.runs(`endpoints list${flags} -o json`)).stdout) as Shown[];
}

t.test('Endpoints are made, shown by branch and taken away.', async (t) => {
  const who = await operator(t);
  const made = JSON.parse((await who.runs('endpoints create --branch dev -o json')).stdout);
  t.match(made, { id: ENDPOINT, project_id: 'shop', branch_id: /^br-/, branch_name: 'dev' });
  t.notOk('host' in made, 'nobody knows under which domain');
  t.strictSame(
    (await endpoints(who)).map(({ branch_name }) => branch_name),
    ['main', 'dev', 'dev'],
  );
  const [first, second, ...more] = await endpoints(who, ' --branch dev');
  t.strictSame([second, ...more], [made]);
  t.match(await who.runs(`endpoints delete ${first?.id}`), { status: 2, stderr: /--yes answers/ });
  const gone = await who.runs(`endpoints delete ${first?.id.toUpperCase()} --yes`);
  t.match(gone, { status: 0, stdout: new RegExp(`^deleted:\nID .*\n${first?.id} +dev\n$`) });
  t.strictSame(await endpoints(who, ' --branch dev'), [made]);
  t.match(await who.runs(`endpoints delete ${first?.id} --yes`), {
    status: 1,
    stderr: /there is no endpoint/,
  });
});

t.test('Where the configuration has a public domain, the host is shown that clients write.', async (t) => {
  const who = await operator(t);
  await appendFile(join(who.folder, 'portcullis.yaml'), 'public: { domain: db.example.com, port: 5432 }\n');
  for (const shown of await endpoints(who)) t.match(shown, { host: `${shown.id}.db.example.com` });
  t.match(
    (await who.runs('endpoints list')).stdout,
    /^ID +BRANCH +HOST\nep-\S+ +main +ep-\S+\.db\.example\.com\n/,
  );
});

t.test('A protected branch keeps its endpoints, and may get more.', async (t) => {
  const who = await operator(t);
  await who.runs('branches protect main');
  const [main] = await endpoints(who);
  t.match(await who.runs(`endpoints delete ${main?.id} --yes`), {
    status: 1,
    stdout: '',
    stderr:
      /^portcullis: endpoint ep-\S+ cannot be deleted: branch main is protected; lift it with branches unprotect main\n$/,
  });
  t.equal((await who.runs('endpoints create')).status, 0);
  t.equal((await endpoints(who, ' --branch main')).length, 2);
  t.match(await who.runs('endpoints list --branch nowhere'), { status: 1, stderr: /no branch nowhere/ });
});
