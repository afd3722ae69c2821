import { readFileSync } from 'node:fs';
import type { Test } from 'tap';
import { formatVerifier } from '../../src/scram/verifier.ts';
import { login } from '../support/client-login.ts';
import { type RunningGateway, startGateway } from '../support/gateway.ts';
import { RawClient } from '../support/raw-client.ts';
import { verifier } from '../support/scene.ts';
import { ScriptedUpstream } from '../support/scripted-upstream.ts';
import { goodScript, type Script } from '../support/upstream-steps.ts';

/** A project of one branch, its upstream played in this process. */
export async function scriptedProject(t: Test, script: Script = goodScript(verifier)): Promise<object> {
  const upstream = await ScriptedUpstream.open({ scripts: [script] });
  t.teardown(() => upstream.close());
  const { host, port } = upstream;
  const roles = [{ name: 'app', verifier: formatVerifier(verifier) }];
  const branch = {
    id: 'br-main',
    name: 'main',
    default: true,
    upstream: { host, port, sslmode: 'disable' },
    roles,
  };
  return { id: 'shop', branches: [branch] };
}

/** A gateway in a process of its own, so that its memory can be told, before an upstream of this one. */
export async function echoGateway(
  t: Test,
  limits: Readonly<Record<string, unknown>>,
  script: Script = goodScript(verifier),
): Promise<RunningGateway> {
  return await startGateway(t, {
    projects: [await scriptedProject(t, script)],
    config: { admin: { listen: '127.0.0.1:0' }, limits },
  });
}

/** What a process has in memory now, in bytes (proc(5), VmRSS). */
export function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** A session that is let in, and how long that took, in ms. */
export async function timedLogin(port: number): Promise<{ client: RawClient; took: number }> {
  const start = performance.now();
  const client = await RawClient.connect(port);
  await login(await client.requestTls());
  return { client, took: performance.now() - start };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
