import { createServer } from 'node:net';
import t, { type Test } from 'tap';
import { type Child, startChild } from '../support/child.ts';
import { login } from '../support/client-login.ts';
import { makeGatewayFolder, portsOf } from '../support/gateway.ts';
import { COMMAND_LINE, PLAIN_ENV } from '../support/portcullis.ts';
import { RawClient } from '../support/raw-client.ts';
import { verifier } from '../support/scene.ts';
import { ScriptedUpstream } from '../support/scripted-upstream.ts';
import { goodScript } from '../support/upstream-steps.ts';
import { childrenOf, projectsFor, until } from '../support/workers.ts';

/** What an init system does: binds, says so by sd_listen_fds(3), and becomes the service. */
const INIT = `
use IO::Socket::INET; use POSIX;
my $port = shift;
$^F = 100;
my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 64, ReuseAddr => 1)
  or die "bind: $!";
POSIX::dup2(fileno($socket), 3) if fileno($socket) != 3;
print STDERR "bound\\n";
$ENV{LISTEN_PID} = $$; $ENV{LISTEN_FDS} = 1;
exec @ARGV;
`;

const upstream = await ScriptedUpstream.open({ scripts: [goodScript(verifier)] });
t.teardown(() => upstream.close());

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A gateway on a socket that was open before it. @param listens what portcullis.yaml says. */
async function activated(t: Test, workers: number, listens: (port: number) => string) {
  const port = await freePort();
  const config = { workers, listen: [{ address: listens(port) }] };
  const dir = await makeGatewayFolder(t, { projects: projectsFor(upstream), config });
  const command = [...COMMAND_LINE, 'start', '--dir', dir];
  const child: Child = startChild(t, 'perl', ['-e', INIT, `${port}`, ...command], { env: PLAIN_ENV });
  await child.until('the init system', () => child.stderr.includes('bound\n'));
  return { child, port };
}

async function comesIn(port: number): Promise<void> {
  const client = await RawClient.connect(port);
  await login(await client.requestTls());
  client.destroy();
}

for (const workers of [1, 2]) {
  t.test(`Sockets of an init system are taken over, with ${workers} serving.`, async (t) => {
    const { child, port } = await activated(t, workers, (port) => `127.0.0.1:${port}`);
    // The socket listens before anybody serves: who comes early waits.
    const early = comesIn(port);
    t.equal((await portsOf(child)).port, port);
    await early;
    await comesIn(port);
    if (workers > 1) {
      const [victim = 0] = childrenOf(child.pid);
      process.kill(victim, 'SIGKILL');
      await until('a new worker', () => child.stderr.includes('a worker was replaced'));
      process.kill(child.pid, 'SIGUSR2');
      await until('new workers', () => child.stderr.includes('workers were replaced'));
      await comesIn(port);
    }
    t.equal((await child.leave()).status, 0);
  });
}

t.test('A socket that listen does not name is an error, in one line.', async (t) => {
  const { child, port } = await activated(t, 1, () => '127.0.0.1:1');
  const { status, stderr } = await child.ended;
  t.equal(status, 2);
  t.equal(
    stderr.replace('bound\n', ''),
    `portcullis: listen has 127.0.0.1:1, and the init system opened 127.0.0.1:${port} (LISTEN_FDS): write the same addresses in both, as numbers\n`,
  );
});
