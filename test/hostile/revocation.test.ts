import t from 'tap';
import type { Branch, Project } from '../../src/catalog/model.ts';
import { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import { makeVerifier } from '../../src/scram/verifier.ts';
import type { Throttle } from '../../src/session/ports.ts';
import { objection } from '../../src/session/standing.ts';
import { ALLOWED } from '../../src/throttle/attempt.ts';
import { aProject } from '../catalog/a-catalog.ts';
import { answerSasl, login, PASSWORD, sendStartup } from '../support/client-login.ts';
import type { RawClient } from '../support/raw-client.ts';
import { aRole, Scene } from '../support/scene.ts';
import { allAnswer } from './all-answer.ts';

const BRANCHES = 5;
const ADDRESSES = 10;
/** With PORTCULLIS_E2E_FULL=1 each of the fifty pairs has ten sessions, else two. */
const PER_PAIR = process.env['PORTCULLIS_E2E_FULL'] === '1' ? 10 : 2;

/** Locks nobody out. */
const ALLOWING: Throttle = {
  logins: {
    check: () => Promise.resolve(ALLOWED),
    failed: () => Promise.resolve(ALLOWED),
    succeeded: () => Promise.resolve(ALLOWED),
  },
  cancels: { check: () => Promise.resolve(ALLOWED), failed: () => Promise.resolve() },
};

interface Live {
  readonly client: RawClient;
  readonly branch: number;
  readonly address: number;
}

function branchOf(main: Branch, n: number, other: Partial<Branch> = {}): Branch {
  return { ...main, id: `br-${n}`, name: `b${n}`, isDefault: n === 0, endpoints: [`ep-${n}`], ...other };
}

function projectsOf(
  main: Branch,
  changed: (n: number) => Partial<Branch> | 'removed' = () => ({}),
): Project[] {
  const branches = Array.from({ length: BRANCHES }, (_, n) => n).flatMap((n) => {
    const other = changed(n);
    return other === 'removed' ? [] : [branchOf(main, n, other)];
  });
  return [aProject('shop', branches)];
}

async function openAll(scene: Scene): Promise<Live[]> {
  const lives: Live[] = [];
  for (let i = 0; i < BRANCHES * ADDRESSES * PER_PAIR; i += 1) {
    const branch = i % BRANCHES;
    const address = Math.floor(i / BRANCHES) % ADDRESSES;
    const client = await scene.tlsClient({ from: `127.0.0.${address + 1}` });
    await login(client, { parameters: { options: `endpoint=ep-${branch}` } });
    lives.push({ client, branch, address });
  }
  return lives;
}

t.test(
  'Each kind of change cuts exactly the sessions it no longer admits; no other loses a query.',
  async (t) => {
    let main: Branch | undefined;
    await using scene = await Scene.open({
      projects: (branch) => {
        main = branch;
        return projectsOf(branch);
      },
    });
    const known = main;
    if (known === undefined) throw new Error('no branch');
    let lives = await openAll(scene);
    t.ok(await allAnswer(lives));
    const other = await makeVerifier(`${PASSWORD}!`, Buffer.from('another salt 123'), 4096);

    async function change(
      title: string,
      changed: (n: number) => Partial<Branch> | 'removed',
      goes: (live: Live) => boolean,
      message: string,
    ): Promise<void> {
      const catalog = new CatalogSnapshot(projectsOf(known as Branch, changed));
      scene.gate.catalog = catalog;
      const expected = lives.filter(goes);
      const cut = scene.gate.gate.sessions.cutWhere(
        ({ standing }) => standing && objection(catalog, standing),
      );
      t.equal(cut.length, expected.length, `${title}: as many as expected`);
      for (const { client } of expected) {
        t.match(
          await client.refusal(),
          { sqlstate: '57P01', message: `terminating connection: ${message}` },
          title,
        );
      }
      lives = lives.filter((live) => !goes(live));
      t.ok(await allAnswer(lives), `${title}: the others go on`);
    }

    const but3 = ['127.0.0.1-127.0.0.3', '127.0.0.5-127.0.0.255'];
    await change(
      'one address off one branch’s list',
      (n) => (n === 1 ? { allowedIps: but3 } : {}),
      ({ branch, address }) => branch === 1 && address === 3,
      'this IP address is no longer allowed',
    );
    await change(
      'a role’s password reset on one branch',
      (n) => ({
        allowedIps: n === 1 ? but3 : undefined,
        ...(n === 2 ? { roles: [aRole('app', other)] } : {}),
      }),
      ({ branch }) => branch === 2,
      'role was changed',
    );
    await change(
      'a branch deleted',
      (n) => (n === 3 ? 'removed' : n === 2 ? { roles: [aRole('app', other)] } : {}),
      ({ branch }) => branch === 3,
      'branch was removed',
    );
    await change(
      'nobody but one address',
      (n) => (n === 3 ? 'removed' : { allowedIps: ['127.0.0.10'] }),
      ({ address }) => address !== 9,
      'this IP address is no longer allowed',
    );
    t.equal(lives.length, 3 * PER_PAIR, 'branches 0, 1 and 4 keep the one address');
  },
);

t.test('A login that is under way is judged by the catalog of the moment it ends.', async (t) => {
  let main: Branch | undefined;
  await using scene = await Scene.open({
    projects: (branch) => {
      main = branch;
      return [aProject('shop', [branch])];
    },
    parts: {
      throttle: {
        ...ALLOWING,
        logins: {
          ...ALLOWING.logins,
          // The proof is good; the operator is quicker.
          succeeded: async () => {
            if (main === undefined) throw new Error('no branch');
            scene.gate.catalog = new CatalogSnapshot([
              aProject('shop', [{ ...main, allowedIps: ['192.0.2.1'] }]),
            ]);
            return ALLOWED;
          },
        },
      },
    },
  });
  const client = await scene.tlsClient();
  sendStartup(client);
  await answerSasl(client);
  t.match(await client.refusal(), { sqlstate: '57P01', message: /this IP address is no longer allowed/ });
  t.match(await scene.record(), { outcome: 'refused', reason: 'address' });
});
