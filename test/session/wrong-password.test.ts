import t from 'tap';
import { answerSasl, type LoginWish, PASSWORD, sendStartup } from '../support/client-login.ts';
import { aRole, Scene, type SceneWish, verifier } from '../support/scene.ts';

/** Our part of the nonce held still, so that whole byte streams can be compared. */
const SCENE: SceneWish = {
  parts: { randomBytes: (length) => Buffer.alloc(length, 9) },
  branch: {
    roles: [aRole('app', verifier), aRole('old', undefined)],
  },
};

interface Attempt {
  /** Everything that the gate said inside TLS, the user's name and the salt's value blotted out. */
  readonly said: string;
  readonly salt: string;
}

async function attempt(scene: Scene, wish: LoginWish, servername?: string): Promise<Attempt> {
  const client = await scene.tlsClient(servername === undefined ? {} : { servername });
  sendStartup(client, wish);
  await answerSasl(client, wish);
  await client.refusal();
  const all = client.inbox.all.toString('latin1');
  const salt = /s=([A-Za-z0-9+/=]+)/.exec(all)?.[1] ?? '';
  return { said: all.replace(salt, '*'.repeat(salt.length)).replace(`"${wish.user}"`, '"…"'), salt };
}

t.test(
  'Wrong password, unknown role, role without login, unknown endpoint: alike in every byte.',
  async (t) => {
    await using scene = await Scene.open(SCENE);
    const wrong = await attempt(scene, { user: 'app', password: 'wrong' });
    t.match(wrong.said, /SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "…"\0\0$/);
    t.equal(Buffer.from(wrong.salt, 'base64').length, 16);
    t.equal((await attempt(scene, { user: 'who', password: 'wrong' })).said, wrong.said, 'unknown role');
    t.equal((await attempt(scene, { user: 'old', password: 'wrong' })).said, wrong.said, 'no login');
    t.equal((await attempt(scene, { user: 'app' }, 'ep-none.example')).said, wrong.said, 'unknown endpoint');
    t.equal(
      (await attempt(scene, { user: 'app', password: 'wrong' }, 'ep-main.example')).said,
      wrong.said,
      'SNI',
    );
    await scene.record(4);
    const details = scene.gate.journal.records.map(({ detail }) => detail);
    t.strictSame(details, [
      'wrong password',
      'no such role',
      'role is not permitted to log in',
      'no such endpoint',
      'wrong password',
    ]);
    t.ok(scene.gate.journal.records.every(({ reason }) => reason === 'password'));
  },
);

t.test('A name’s salt is the same on every try, and another name’s is another.', async (t) => {
  await using scene = await Scene.open(SCENE);
  const salts = new Map<string, string>();
  for (const user of ['app', 'who', 'old', 'else']) {
    const first = await attempt(scene, { user, password: 'wrong' });
    const second = await attempt(scene, { user, password: 'other' });
    t.equal(first.salt, second.salt, user);
    salts.set(first.salt, user);
  }
  const elsewhere = await attempt(scene, { user: 'who', password: 'wrong' }, 'ep-none.example');
  salts.set(elsewhere.salt, 'who, elsewhere');
  t.equal(salts.size, 5);
});

t.test('An unknown role is told the branch’s iteration count.', async (t) => {
  await using scene = await Scene.open({ branch: { scramIterations: 5000 } });
  const { said } = await attempt(scene, { user: 'who', password: 'wrong' });
  t.match(said, /,i=5000(?!\d)/);
});

t.test(
  'The right password is wrong on a role without login and on an endpoint that is not there.',
  async (t) => {
    await using scene = await Scene.open(SCENE);
    t.match((await attempt(scene, { user: 'old', password: PASSWORD })).said, /28P01/);
    t.match((await attempt(scene, { user: 'app', password: PASSWORD }, 'ep-none.example')).said, /28P01/);
    t.equal(scene.upstream.conversations.length, 0, 'nobody asked the upstream');
  },
);
