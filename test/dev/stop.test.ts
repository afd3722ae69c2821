import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import t from 'tap';
import { type StopMode, stopServer } from '../../src/dev/stop.ts';

/** Says which signal came, and lives on. */
const STUBBORN = `
  for (const name of ['SIGINT', 'SIGQUIT']) process.on(name, () => process.stdout.write(name + '\\n'));
  setInterval(() => undefined, 1000);
  process.stdout.write('ready\\n');
`;

async function stubborn(): Promise<ChildProcessByStdio<null, Readable, null>> {
  const child = spawn(process.execPath, ['-e', STUBBORN], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

t.test('a server that does not listen gets ever rougher signals, and ends.', async (t) => {
  const expected: Record<StopMode, string[]> = {
    fast: ['SIGINT', 'SIGQUIT', 'SIGKILL'],
    immediate: ['SIGQUIT', 'SIGKILL'],
  };
  for (const mode of ['fast', 'immediate'] as const) {
    const child = await stubborn();
    const exited = once(child, 'exit');
    const seen: string[] = [];
    const patience: number[] = [];
    const goneWithin = async (ms: number): Promise<boolean> => {
      patience.push(ms);
      const [what] = (await Promise.race([exited, once(child.stdout, 'data')])) as [Buffer | null];
      seen.push(what === null ? 'SIGKILL' : what.toString().trim());
      return what === null;
    };
    await stopServer(child.pid ?? 0, goneWithin, mode);
    t.strictSame(seen, expected[mode]);
    t.ok(patience.every((ms) => ms > 0));
  }
});

t.test('one that has ended already is no error, and one that nothing ends is.', async (t) => {
  const child = await stubborn();
  child.kill('SIGKILL');
  await once(child, 'exit');
  const { pid = 0 } = child;
  await t.resolves(stopServer(pid, async () => true, 'fast'));
  await t.rejects(
    stopServer(pid, async () => false, 'fast'),
    {
      name: 'DevError',
      message: `PostgreSQL (pid ${pid}) does not end, not even by SIGKILL: restart the machine`,
    },
  );
});
