import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { formatVerifier } from '../../src/scram/verifier.ts';
import { type LoginWish, login } from './client-login.ts';
import { type RunningGateway, startGateway } from './gateway.ts';
import type { WithTeardown } from './postgres.ts';
import { RawClient } from './raw-client.ts';
import { verifier } from './scene.ts';
import { ScriptedUpstream } from './scripted-upstream.ts';
import { goodScript } from './upstream-steps.ts';

/** How long something may take that is waited for, in ms: far beyond what a busy machine needs. */
const PATIENCE_MS = 20_000;
const LOOK_MS = 20;

/** A gateway with workers before an upstream that lets everybody in. */
export class WorkersScene {
  readonly gateway: RunningGateway;
  readonly upstream: ScriptedUpstream;
  readonly #t: WithTeardown;

  private constructor(t: WithTeardown, gateway: RunningGateway, upstream: ScriptedUpstream) {
    this.#t = t;
    this.gateway = gateway;
    this.upstream = upstream;
  }

  static async open(
    t: WithTeardown,
    config: Readonly<Record<string, unknown>> = {},
    role: Readonly<Record<string, unknown>> = {},
  ): Promise<WorkersScene> {
    const upstream = await ScriptedUpstream.open({ scripts: [goodScript(verifier)] });
    t.teardown(async () => upstream.close());
    const projects = projectsFor(upstream, { roles: [{ ...app, ...role }] });
    const gateway = await startGateway(t, { projects, config: { workers: 2, ...config } });
    return new WorkersScene(t, gateway, upstream);
  }

  /** Inside TLS, not logged in. */
  async client(from?: string): Promise<RawClient> {
    const client = await RawClient.connect(this.gateway.port, from);
    this.#t.teardown(async () => client.destroy());
    return await client.requestTls();
  }

  async session(wish?: LoginWish) {
    const client = await this.client();
    return { client, greeting: await login(client, wish) };
  }

  async sessions(count: number, prefix = 'app') {
    // All at once: the system gives each to a worker that is not busy.
    return await Promise.all(
      Array.from({ length: count }, (_, n) =>
        this.session({ parameters: { application_name: `${prefix}-${n}` } }),
      ),
    );
  }

  /** Process ids of the workers. */
  get workers(): number[] {
    return childrenOf(this.gateway.child.pid);
  }
}

export const app = { name: 'app', verifier: formatVerifier(verifier) };

export function projectsFor(
  upstream: ScriptedUpstream,
  branch: Readonly<Record<string, unknown>> = {},
): readonly object[] {
  const main = {
    id: 'br-main',
    name: 'main',
    default: true,
    upstream: { host: upstream.host, port: upstream.port, sslmode: 'disable' },
    roles: [app],
    ...branch,
  };
  return [{ id: 'shop', branches: [main] }];
}

/** proc_pid_task_children(5). */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

/** Waits until it holds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await holds()); waited += LOOK_MS) {
    if (waited > PATIENCE_MS) throw new Error(`waiting in vain for ${what}`);
    await setTimeout(LOOK_MS);
  }
}

/** Whether a process is there, and is no zombie. */
export function lives(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
