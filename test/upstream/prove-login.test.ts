import t from 'tap';
import { Secret } from '../../src/catalog/secret.ts';
import { dial } from '../../src/net/dial.ts';
import { verifierOf } from '../../src/scram/verifier.ts';
import { UpstreamLoginRefused } from '../../src/upstream/failures.ts';
import { UpstreamUnreachable } from '../../src/upstream/ports.ts';
import { proveLogin } from '../../src/upstream/prove-login.ts';
import { anUpstream } from '../catalog/a-catalog.ts';
import { PASSWORD } from '../support/client-login.ts';
import { message } from '../support/frontend-messages.ts';
import { int32 } from '../support/result-rows.ts';
import { verifier } from '../support/scene.ts';
import { ScriptedUpstream } from '../support/scripted-upstream.ts';
import { close, expect, fatal, hang, type Script, scram, send, welcome } from '../support/upstream-steps.ts';

const CLEARTEXT = send(message('R', int32(3)));
const ALL = new Set(['scram-sha-256', 'password', 'none'] as const);

/** Tries a password at an upstream that follows a script. */
async function tried(script: Script, password: string | null = PASSWORD, patience?: number) {
  const upstream = await ScriptedUpstream.open({ scripts: [[expect('startup'), ...script]] });
  try {
    const target = anUpstream({
      host: upstream.host,
      port: upstream.port,
      sslmode: 'disable',
      requireAuth: ALL,
    });
    const secret = password === null ? undefined : new Secret(password);
    const candidate = { role: 'app', database: 'shop', password: secret };
    const keys = await proveLogin(dial, target, candidate, patience);
    await upstream.deserted();
    return { keys: keys?.reveal(), startup: upstream.conversation().startup };
  } finally {
    upstream.close();
  }
}

t.test('SCRAM gives the keys for the upstream’s own salt and count, and the session is left.', async (t) => {
  const { keys, startup } = await tried([scram(verifier), send(welcome()), hang]);
  t.strictSame(keys && verifierOf(keys, keys.salt, keys.iterations), verifier);
  t.equal(startup?.parameters.text('user'), 'app');
  t.equal(startup?.parameters.text('database'), 'shop');
});

t.test('Any other login gives no keys.', async (t) => {
  t.equal((await tried([CLEARTEXT, expect('p'), send(welcome()), hang])).keys, undefined);
  t.equal((await tried([send(welcome()), hang])).keys, undefined);
  t.equal((await tried([send(welcome()), hang], null)).keys, undefined);
  await t.rejects(tried([scram(verifier)], null), {
    message: 'it asks for SCRAM and there are no keys for it',
  });
});

t.test('What is refused, breaks off or is not there is told with its cause.', async (t) => {
  const refused = tried([send(fatal('28P01', 'no')), close]);
  await t.rejects(refused, { name: 'LoginNotProven', cause: { name: 'UpstreamLoginRefused' } });
  const closed = tried([send(fatal('3D000', 'database "shop" does not exist')), close]);
  await t.rejects(closed, { name: 'LoginNotProven', message: /^3D000: database "shop"/ });
  await t.rejects(tried([close]), { message: /^it broke off: / });
  await t.rejects(tried([send(message('Z', 'I')), hang]), {
    message: /^it broke off: a message out of order/,
  });
  await t.rejects(tried([send(message('R', int32(7))), hang]), {
    cause: { name: UpstreamLoginRefused.name },
  });
  await t.rejects(tried([hang], PASSWORD, 50), { message: 'no answer within 0.05 s' });
  const nowhere = proveLogin(dial, anUpstream({ host: '/nonexistent', sslmode: 'disable' }), {
    role: 'app',
    database: 'shop',
    password: undefined,
  });
  await t.rejects(nowhere, { message: /ENOENT/, cause: { name: UpstreamUnreachable.name } });
});
