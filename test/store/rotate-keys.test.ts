import { randomBytes, randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { Secret } from '../../src/catalog/secret.ts';
import { formatKeyLine, KEY_BYTES, parseKeyRing } from '../../src/config/key-ring.ts';
import { seal } from '../../src/config/sealed.ts';
import {
  authQuerySecret,
  clusterSecret,
  roleSecret,
  type SecretOwner,
} from '../../src/config/secret-owner.ts';
import type { CatalogLocation } from '../../src/config/server-config.ts';
import { carryOut } from '../../src/control/carry-out.ts';
import { CatalogFileDesk } from '../../src/store/catalog-desk.ts';
import { rotateKeys } from '../../src/store/rotate-keys.ts';
import { writeFileAtomic } from '../../src/store/write-file.ts';
import { aCatalogFile, catalogText, firstLogin } from './a-catalog-file.ts';

const OLD = formatKeyLine('old', randomBytes(KEY_BYTES));

async function sealedCatalog(folder: Parameters<typeof aCatalogFile>[0]): Promise<CatalogLocation> {
  const location = aCatalogFile(folder, { key: OLD });
  const wish = { type: 'set-upstream', role: 'app', login: { password: new Secret('horse') } } as const;
  const desk = new CatalogFileDesk(location, { env: {} });
  await carryOut(desk, wish, { now: () => new Date(), randomBytes, randomInt: (bound) => randomInt(bound) });
  return location;
}

function passwordIn(location: CatalogLocation): string | undefined {
  return firstLogin(new CatalogFileDesk(location, { env: {} }).read());
}

t.test('A rotation seals everything with a new key, and the old one is gone.', async (t) => {
  const location = await sealedCatalog(t);
  const before = await readFile(location.file, 'utf8');
  const rotation = await rotateKeys(new CatalogFileDesk(location, { env: {} }), location);
  t.match(rotation, { key: /^k-[0-9a-f]{8}$/, resealed: 1, dropped: ['old'] });
  const keys = await readFile(`${location.keyFile}`, 'utf8');
  t.match(keys, new RegExp(`^${rotation.key}:\\S{44}\n$`));
  const after = await readFile(location.file, 'utf8');
  t.equal(after.replace(/sealed:[^ }]*/, ''), before.replace(/sealed:[^ }]*/, ''));
  t.match(after, `sealed:v1:${rotation.key}:`);
  t.equal(passwordIn(location), 'horse');
});

t.test('A rotation that ends at any write loses nothing, and the next one ends it.', async (t) => {
  for (const broken of [1, 2, 3]) {
    const location = await sealedCatalog({
      testdir: (content) => `${t.testdir({ [broken]: content })}/${broken}`,
    });
    let writes = 0;
    const write = async (path: string, text: string, mode: number): Promise<void> => {
      writes += 1;
      if (writes === broken) throw Object.assign(new Error('no'), { code: 'ENOSPC' });
      await writeFileAtomic(path, text, mode);
    };
    const desk = new CatalogFileDesk(location, { env: {}, write });
    await t.rejects(rotateKeys(desk, location), { name: 'CatalogNotWritten', message: /ENOSPC/ });
    t.equal(passwordIn(location), 'horse', `after write ${broken} failed`);
    const { dropped } = await rotateKeys(new CatalogFileDesk(location, { env: {} }), location);
    t.equal(dropped.length, broken === 1 ? 1 : 2);
    t.equal(passwordIn(location), 'horse');
  }
});

t.test(
  'A rotation reseals each kind of secret for its owner, and no text that only looks like one.',
  async (t) => {
    const parsed = parseKeyRing(OLD);
    if ('problem' in parsed) throw new Error(parsed.problem);
    const sealed = (secret: string, owner: SecretOwner) => seal(parsed.ring, { secret, owner }, randomBytes);
    const name = sealed('a name', clusterSecret('other'));
    const text = catalogText({
      password: `&app "${sealed('of the role', roleSecret('p', 'br-main', 'app'))}"`,
    })
      .replace(
        '- id: p\n',
        `- id: p\n  name: ${name}\n  cluster: { host: db, role: r, password: ${sealed('of the cluster', clusterSecret('p'))} }\n`,
      )
      .replace(
        '    roles:',
        `    auth_query: { role: q, password: ${sealed('of the query', authQuerySecret('p', 'br-main'))} } # asks\n    roles:`,
      );
    const location = aCatalogFile(t, { key: OLD, text });
    const desk = () => new CatalogFileDesk(location, { env: {} });
    const { resealed, key } = await rotateKeys(desk(), location);
    t.equal(resealed, 3);
    const [project] = desk().read();
    t.equal(project?.name, name);
    t.equal(project?.cluster?.password?.reveal(), 'of the cluster');
    t.equal(project?.branches[0]?.authQuery?.password?.reveal(), 'of the query');
    t.equal(passwordIn(location), 'of the role');
    const after = await readFile(location.file, 'utf8');
    t.equal(after.match(new RegExp(`sealed:v1:${key}:`, 'g'))?.length, 3);
    t.match(after, /# asks/);
  },
);

t.test('Nothing is begun where a secret does not open, or there is no file of keys.', async (t) => {
  const location = await sealedCatalog(t);
  const { keyFile = '' } = location;
  await writeFileAtomic(keyFile, formatKeyLine('other', randomBytes(KEY_BYTES)), 0o600);
  const keys = await readFile(keyFile, 'utf8');
  const desk = new CatalogFileDesk(location, { env: {} });
  await t.rejects(rotateKeys(desk, location), { name: 'UnusableCatalog', message: /sealed with key old/ });
  t.equal(await readFile(keyFile, 'utf8'), keys);
  const without = rotateKeys(desk, { ...location, keyFile: undefined });
  await t.rejects(without, { name: 'CatalogNotWritten', message: /there is no key file/ });
});
