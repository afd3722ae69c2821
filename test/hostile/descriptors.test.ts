import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { devNull } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { login } from '../support/client-login.ts';
import { makeGatewayFolder } from '../support/gateway.ts';
import { COMMAND_LINE, type LogLine, logLines, ON_BUN, PLAIN_ENV } from '../support/portcullis.ts';
import { RawClient } from '../support/raw-client.ts';
import { scriptedProject } from './echo-gateway.ts';

/** Descriptors that the gateway may have (ulimit -n). */
const OPEN_FILES = 160;
const FLOOD = 120;

const skip = process.platform === 'linux' ? false : 'descriptors are counted by /proc';

/** A `portcullis start` that may have few descriptors, and inherits some. */
class PoorGateway {
  readonly #process: ChildProcess;
  #said = '';
  port = 0;

  private constructor(child: ChildProcess) {
    this.#process = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
  }

  static async start(t: Test, dir: string, inherited: number): Promise<PoorGateway> {
    const fd = openSync(devNull, 'r');
    const command = [...COMMAND_LINE, 'start', '--dir', dir];
    const child = spawn('sh', ['-c', `ulimit -n ${OPEN_FILES}; exec "$0" "$@"`, ...command], {
      env: PLAIN_ENV,
      stdio: ['ignore', 'ignore', 'pipe', ...Array<number>(inherited).fill(fd)],
    });
    closeSync(fd);
    t.teardown(() => child.kill('SIGKILL'));
    const gateway = new PoorGateway(child);
    const ready = await gateway.logged('ready');
    gateway.port = (ready['ports'] as number[])[0] ?? 0;
    return gateway;
  }

  get alive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  lines(what: string): LogLine[] {
    return logLines(this.#said).filter(({ msg }) => String(msg).includes(what));
  }

  async logged(what: string): Promise<LogLine> {
    for (;;) {
      const [line] = this.lines(what);
      if (line !== undefined) return line;
      if (!this.alive) throw new Error(`the gateway ended: ${this.#said}`);
      await pause(20);
    }
  }

  /** The part of a core that it uses, from 0 to 1, over so many ms. */
  async busyness(ms: number): Promise<number> {
    const before = this.#ticks();
    const start = performance.now();
    await pause(ms);
    return ((this.#ticks() - before) * 10) / (performance.now() - start);
  }

  /** CPU time in ticks of 10 ms (proc(5), /proc/[pid]/stat: utime and stime). */
  #ticks(): number {
    const stat = readFileSync(`/proc/${this.#process.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  }
}

async function poorGateway(t: Test, inherited: number): Promise<PoorGateway> {
  const dir = await makeGatewayFolder(t, {
    projects: [await scriptedProject(t)],
    config: { admin: { listen: 'off' } },
  });
  return await PoorGateway.start(t, dir, inherited);
}

/** Connections that say nothing. @returns how many of them the gateway keeps, and how to end them. */
async function flood(port: number): Promise<{ kept: () => number; end: () => void }> {
  const clients = await Promise.all(Array.from({ length: FLOOD }, () => RawClient.connect(port)));
  return {
    kept: () => clients.filter(({ inbox }) => !inbox.over).length,
    end: () => {
      for (const client of clients) client.destroy();
    },
  };
}

async function canLogIn(port: number): Promise<boolean> {
  const client = await RawClient.connect(port);
  try {
    await login(await client.requestTls());
    return true;
  } catch {
    return false;
  } finally {
    client.destroy();
  }
}

t.test('A gateway takes no more connections than it has descriptors for.', { skip }, async (t) => {
  const gateway = await poorGateway(t, 0);
  const [room] = gateway.lines('leaves room for');
  t.match(room, { openFiles: OPEN_FILES });
  const { kept, end } = await flood(gateway.port);
  const shed = await gateway.logged('closed at once');
  t.match(shed, { level: 'warn', reason: 'crowd' });
  while (kept() > OPEN_FILES / 2) await pause(20);
  t.ok(kept() > 20, `${kept()} are kept`);
  t.strictSame(gateway.lines('no file descriptor'), []);
  end();
  while (!(await canLogIn(gateway.port))) await pause(20);
  t.ok(gateway.alive);
});

t.test(
  'Where others have taken them all, it neither dies nor spins, and serves again afterwards.',
  async (t) => {
    const gateway = await poorGateway(t, 105);
    const { end } = await flood(gateway.port);
    t.match(await gateway.logged('no file descriptor is left'), { level: 'error' });
    const more = await flood(gateway.port);
    const busyness = await gateway.busyness(1500);
    // Bun tries again at once to take what it cannot: docs/runtimes.md.
    if (!ON_BUN) t.ok(busyness < 0.5, `${busyness} of a core`);
    t.ok(gateway.alive);
    t.equal(gateway.lines('no file descriptor is left').length, 1);
    end();
    more.end();
    await gateway.logged('there are file descriptors again');
    while (!(await canLogIn(gateway.port))) await pause(20);
    t.equal(gateway.lines('no file descriptor is left').length, 1);
  },
);
