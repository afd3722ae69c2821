import { randomBytes, randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { Secret } from '../../src/catalog/secret.ts';
import { formatKeyLine, KEY_BYTES } from '../../src/config/key-ring.ts';
import type { CatalogLocation } from '../../src/config/server-config.ts';
import { carryOut } from '../../src/control/carry-out.ts';
import { CatalogFileDesk } from '../../src/store/catalog-desk.ts';
import { rotateKeys } from '../../src/store/rotate-keys.ts';
import { writeFileAtomic } from '../../src/store/write-file.ts';
import { aCatalogFile } from './a-catalog-file.ts';

const OLD = formatKeyLine('old', randomBytes(KEY_BYTES));

async function sealedCatalog(folder: Parameters<typeof aCatalogFile>[0]): Promise<CatalogLocation> {
  const location = aCatalogFile(folder, { key: OLD });
  const wish = { type: 'set-upstream', role: 'app', password: new Secret('horse') } as const;
  const desk = new CatalogFileDesk(location, { env: {} });
  await carryOut(desk, wish, { randomBytes, randomInt: (bound) => randomInt(bound) });
  return location;
}

function passwordIn(location: CatalogLocation): string | undefined {
  const [project] = new CatalogFileDesk(location, { env: {} }).read();
  return project?.branches[0]?.roles[0]?.upstream.password?.reveal();
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
