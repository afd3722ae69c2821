import { readFile, stat } from 'node:fs/promises';
import t from 'tap';
import { VARIABLES } from '../src/config/variables.ts';
import { makeSecrets, readCompose, runMakeSecrets, SECRETS } from './support/compose.ts';
import { parseDockerfile } from './support/dockerfile.ts';
import { passableFolder } from './support/postgres.ts';

const CLONE = new URL('../', import.meta.url);

const { services, volumes, secrets } = await readCompose();
const image = parseDockerfile(await readFile(new URL('Dockerfile', CLONE), 'utf8')).at(-1);

function written(name: string): readonly string[] {
  return image?.instructions.find((instruction) => instruction.name === name)?.words ?? [];
}

t.test('The gateway is built from this folder, and listens where it is published.', async (t) => {
  t.equal(services.portcullis.build, '.');
  const published = services.portcullis.ports?.map((port) => port.split(':').at(-1));
  t.same(published, written('EXPOSE'));
});

t.test('Its variables are ones that it reads.', async (t) => {
  const names = Object.keys(services.portcullis.environment);
  const known = VARIABLES.flatMap((name) => [`PORTCULLIS_${name}`, `PORTCULLIS_${name}_FILE`]);
  t.ok(names.length > 0);
  for (const name of names) t.ok(known.includes(name), name);
});

t.test('No secret stands in a variable: those that have one name the file of a secret.', async (t) => {
  for (const service of Object.values(services)) {
    for (const [name, value] of Object.entries(service.environment)) {
      t.notMatch(name, /(PASSWORD|SECRET|TOKEN|KEY|UPSTREAM)$/);
      t.notMatch(value, /:\/\/|password=/i, name);
      if (!name.endsWith('_FILE')) continue;
      const secret = value.replace(`${SECRETS}/`, '');
      t.ok(service.secrets.includes(secret), `${value} is a secret of its service`);
    }
  }
});

t.test('Every secret is one that make-secrets.sh makes, and the second run keeps it.', async (t) => {
  const folder = await passableFolder(t);
  const made = await makeSecrets(folder);
  const used = Object.values(services).flatMap((service) => service.secrets);
  t.same(new Set(used), new Set(Object.keys(secrets)));
  for (const [name, { file }] of Object.entries(secrets)) {
    t.equal(file, `config/compose/secrets/${name}`);
    t.match(await readFile(`${made}/${name}`, 'utf8'), /[0-9a-f]{32}/);
  }
  t.equal((await stat(`${folder}/compose/secrets`)).mode & 0o777, 0o700);
  const password = await readFile(`${made}/app_password`, 'utf8');
  await runMakeSecrets(folder);
  t.equal(await readFile(`${folder}/compose/secrets/app_password`, 'utf8'), password);
});

t.test(
  'What one service mounts is there: volumes, files of the clone, the image’s own volume.',
  async (t) => {
    const mounts = [services.portcullis, services.database].map((service) =>
      service.volumes.map((volume) => (typeof volume === 'string' ? fromText(volume) : volume)),
    );
    for (const { source } of mounts.flat()) {
      if (source.startsWith('./')) t.ok((await stat(new URL(source, CLONE))).isFile(), source);
      else t.ok(Object.hasOwn(volumes, source), source);
    }
    const [gateway = []] = mounts;
    t.ok(
      gateway.some(({ target }) => written('VOLUME').includes(target)),
      'what it writes is kept',
    );
    t.same(written('WORKDIR'), written('VOLUME'), 'and it is written there');
  },
);

t.test('Both are shut in, and the way to the database leads through the gateway.', async (t) => {
  for (const [name, service] of Object.entries(services)) {
    t.equal(service.read_only, true, name);
    t.same(service.cap_drop, ['ALL'], name);
    t.same(service.security_opt, ['no-new-privileges:true'], name);
  }
  t.equal(services.database.network_mode, 'none');
  t.equal(services.database.ports, undefined);
});

function fromText(volume: string): { source: string; target: string } {
  const [source = '', target = ''] = volume.split(':');
  return { source, target };
}
