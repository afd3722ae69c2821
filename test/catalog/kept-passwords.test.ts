import t from 'tap';
import { keptPasswords } from '../../src/catalog/kept-passwords.ts';
import { Secret } from '../../src/catalog/secret.ts';
import { aRole, verifier } from '../support/scene.ts';
import { aBranch, anUpstream, aProject } from './a-catalog.ts';

t.test(
  'Roles whose verifier, keys or password the catalog holds are kept, by their names upstream, on one cluster.',
  async (t) => {
    const login = { password: new Secret('x') };
    const target = anUpstream({ host: 'DB.internal.' });
    const here = aBranch('br-here', {
      roles: [
        aRole('passthrough', verifier),
        aRole('mapped', verifier, { upstream: { role: 'mapped_dev', login: undefined } }),
        aRole('sealed', undefined, { upstream: { role: undefined, login } }),
        aRole('barred', undefined),
      ],
    });
    const authQuery = {
      role: 'asks',
      password: login.password,
      database: 'postgres',
      query: undefined,
      superusers: false,
      replicationRoles: false,
    };
    const neighbour = aBranch('br-next', {
      upstream: target,
      authQuery,
      roles: [aRole('neighbour', verifier)],
    });
    const elsewhere = aBranch('br-far', {
      upstream: anUpstream({ port: 5433 }),
      roles: [aRole('far', verifier)],
    });
    const cluster = {
      upstream: target,
      role: 'maker',
      password: login.password,
      database: 'postgres',
      provisioner: 'template',
      parentSessions: 'hold',
    } as const;
    const projects = [aProject('a', [here, elsewhere]), { ...aProject('b', [neighbour]), cluster }];
    t.strictSame([...keptPasswords(projects, here)].toSorted(), [
      'asks',
      'maker',
      'mapped_dev',
      'neighbour',
      'passthrough',
      'sealed',
    ]);
    const without = { ...cluster, password: undefined };
    const asked = { ...neighbour, authQuery: { ...authQuery, password: undefined }, roles: [] };
    t.strictSame([...keptPasswords([{ ...aProject('b', [asked]), cluster: without }], here)], []);
  },
);
