import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import t from 'tap';
import type { Branch } from '../../src/catalog/model.ts';
import { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import { type ClientAuthorities, loadClientAuthorities } from '../../src/net/client-authorities.ts';
import { TlsTerminator } from '../../src/net/tls-server.ts';
import { objection } from '../../src/session/standing.ts';
import { aProject } from '../catalog/a-catalog.ts';
import { ClientAuthority } from '../support/client-authority.ts';
import { login } from '../support/client-login.ts';
import type { RawClient } from '../support/raw-client.ts';
import { certificate, Scene } from '../support/scene.ts';
import { certificateStore } from '../support/server-certificate.ts';
import { allAnswer } from './all-answer.ts';

const dir = t.testdir();
const [ours, former] = await Promise.all([
  ClientAuthority.make(dir, 'ours'),
  ClientAuthority.make(dir, 'former'),
]);
const middle = await ours.below('middle');
const leaver = await ours.issue('leaver');
const deep = await middle.issue('deep');

/** What clients show, by a word for it. */
const SHOWN: Readonly<Record<string, ConnectionOptions>> = {
  none: {},
  stays: await ours.issue('stays'),
  leaver,
  former: await former.issue('former'),
  named: await ours.issue('named', { subject: '/CN=another' }),
  deep: { cert: `${deep.cert}${middle.cert}`, key: deep.key },
};
/** Branches by how they look at certificates; the default one is reached with and without its endpoint. */
const WAYS = ['required', 'optional', 'off', 'default'] as const;

interface Live {
  readonly client: RawClient;
  readonly way: (typeof WAYS)[number];
  readonly shown: string;
}

let written = 0;

/** With their lists as they are by now. */
async function authorities(from: readonly ClientAuthority[]): Promise<ClientAuthorities> {
  written += 1;
  const name = `authorities-${written}`;
  const [ca, crl] = [join(dir, `${name}.crt`), join(dir, `${name}.crl`)];
  const lists = await Promise.all(from.map(async (each) => await readFile(await each.list(name), 'utf8')));
  await writeFile(ca, from.map(({ cert }) => cert).join(''));
  await writeFile(crl, lists.join(''));
  const loaded = await loadClientAuthorities({ ca, crl });
  if (loaded.authorities === undefined) throw new Error(loaded.problems[0]?.message);
  return loaded.authorities;
}

t.test('Certificates, resets and endpoints cut exactly the sessions that rest on them.', async (t) => {
  let store = certificateStore(certificate, await authorities([ours, former, middle]));
  let main: Branch | undefined;
  const projects = (known: Branch, changes: Readonly<Record<string, Partial<Branch>>> = {}) => {
    main = known;
    const branches = (['required', 'optional', 'off'] as const).map((rule) => ({
      ...known,
      id: `br-${rule}`,
      name: rule,
      isDefault: rule === 'optional',
      endpoints: [`ep-${rule}`],
      clientCertificate: rule,
      ...changes[rule],
    }));
    return [aProject('shop', branches)];
  };
  const tls = new TlsTerminator(() => store);
  await using scene = await Scene.open({ projects, parts: { tls } });
  if (main === undefined) throw new Error('no branch');
  const known = main;
  let lives: Live[] = [];
  for (const way of WAYS) {
    for (const [shown, options] of Object.entries(SHOWN)) {
      if (way === 'required' && shown === 'none') continue;
      const client = await scene.tlsClient(options);
      await login(client, { parameters: way === 'default' ? {} : { options: `endpoint=ep-${way}` } });
      lives.push({ client, way, shown });
    }
  }

  let catalog = scene.gate.catalog;
  const changes: Record<string, Partial<Branch>> = {};
  async function changed(title: string, goes: (live: Live) => boolean, message: string): Promise<void> {
    catalog = new CatalogSnapshot(projects(known, changes));
    scene.gate.catalog = catalog;
    const cut = scene.gate.gate.sessions.cutWhere(({ standing }) => standing && objection(catalog, standing));
    const expected = lives.filter(goes);
    t.ok(expected.length > 0 && cut.length === expected.length, `${title}: ${cut.length} are cut`);
    for (const { client } of expected)
      t.match(
        await client.refusal(),
        { sqlstate: '57P01', message: `terminating connection: ${message}` },
        title,
      );
    lives = lives.filter((live) => !goes(live));
    t.ok(await allAnswer(lives), `${title}: the others go on`);
  }

  const certificateGone = 'the client certificate is no longer accepted';
  await ours.revoke(leaver);
  store = certificateStore(certificate, await authorities([ours, former, middle]));
  await changed('a list', ({ way, shown }) => way !== 'off' && shown === 'leaver', certificateGone);
  store = certificateStore(certificate, await authorities([ours, middle]));
  await changed('an authority', ({ way, shown }) => way !== 'off' && shown === 'former', certificateGone);
  await ours.revoke(middle);
  store = certificateStore(certificate, await authorities([ours, middle]));
  await changed(
    'an authority on a list',
    ({ way, shown }) => way !== 'off' && shown === 'deep',
    certificateGone,
  );
  changes['optional'] = { clientCertificate: 'required' };
  const isOptional = (way: Live['way']): boolean => way === 'optional' || way === 'default';
  await changed('a rule', ({ way, shown }) => isOptional(way) && shown === 'none', certificateGone);
  changes['required'] = { clientCertificateRole: 'cn' };
  await changed(
    'a rule for names',
    ({ way, shown }) => way === 'required' && shown === 'named',
    certificateGone,
  );
  changes['off'] = { resetAt: Date.UTC(2026, 10, 23) };
  await changed('a reset', ({ way }) => way === 'off', 'branch was reset');
  changes['optional'] = { ...changes['optional'], endpoints: ['ep-other'] };
  await changed('an endpoint', ({ way }) => way === 'optional', 'endpoint was removed');
  t.strictSame(
    lives.map(({ way, shown }) => `${way} ${shown}`),
    ['required stays', 'default stays', 'default named'],
  );
});
