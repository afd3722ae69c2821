import { userInfo } from 'node:os';
import t from 'tap';
import { RUNTIME, systemUserName } from '../../src/net/runtime.ts';

t.test('The user’s name is the system’s on both runtimes, whatever the environment says.', async (t) => {
  const before = process.env['USER'];
  t.teardown(() => {
    if (before === undefined) delete process.env['USER'];
    else process.env['USER'] = before;
  });
  process.env['USER'] = 'somebody-else';
  for (const onBun of [false, true]) t.equal(systemUserName(onBun), userInfo().username);
});

t.test('The log is told the runtime and its version.', async (t) => {
  t.equal(RUNTIME, `node ${process.versions.node}`);
});
