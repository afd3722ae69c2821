import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { formatVerifier } from '../../src/scram/verifier.ts';
import { run } from '../support/child.ts';
import { login } from '../support/client-login.ts';
import { makeGatewayFolder, type RunningGateway, startIn, writeCatalog } from '../support/gateway.ts';
import { portcullis } from '../support/portcullis.ts';
import { RawClient } from '../support/raw-client.ts';
import { verifier } from '../support/scene.ts';
import { ScriptedUpstream } from '../support/scripted-upstream.ts';
import { goodScript } from '../support/upstream-steps.ts';

const REFUSED = /57P03.*the audit trail cannot be written, try again later/;
const PATIENCE_MS = 20_000;
/** Clients that log in again and again. */
const CLIENTS = 4;

const upstream = await ScriptedUpstream.open({ scripts: [goodScript(verifier)] });
t.teardown(() => upstream.close());

function projects(ips: readonly string[]): object[] {
  const branch = {
    id: 'br-main',
    name: 'main',
    default: true,
    allowed_ips: { ips },
    upstream: { host: upstream.host, port: upstream.port, sslmode: 'disable' },
    roles: [{ name: 'app', verifier: formatVerifier(verifier) }],
  };
  return [{ id: 'shop', branches: [branch] }];
}

async function session(t: Test, { port }: RunningGateway, from?: string): Promise<RawClient> {
  const client = await RawClient.connect(port, from);
  t.teardown(() => client.destroy());
  await login(await client.requestTls());
  return client;
}

/** Clients that come and go, and what they met last. */
class Load {
  admitted = 0;
  refused = 0;
  /** What went wrong otherwise. */
  readonly strange: string[] = [];
  #over = false;
  readonly #clients: Promise<void>[];

  constructor(port: number) {
    this.#clients = Array.from({ length: CLIENTS }, () => this.#comeAndGo(port));
  }

  /** Until so many more were admitted, or refused. */
  async more(what: 'admitted' | 'refused', count: number): Promise<void> {
    const wanted = this[what] + count;
    for (let waited = 0; this[what] < wanted; waited += 20) {
      if (waited > PATIENCE_MS)
        throw new Error(`only ${this[what]} ${what} of ${wanted}: ${this.strange[0]}`);
      await setTimeout(20);
    }
  }

  async end(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#clients);
  }

  async #comeAndGo(port: number): Promise<void> {
    while (!this.#over) {
      let client: RawClient | undefined;
      try {
        client = await RawClient.connect(port);
        await login(await client.requestTls());
        this.admitted += 1;
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        if (REFUSED.test(text.replaceAll('\0', ' '))) this.refused += 1;
        else this.strange.push(text);
      } finally {
        client?.destroy();
      }
    }
  }
}

async function readiness({ adminPort }: RunningGateway): Promise<{ status: number; body: unknown }> {
  const reply = await fetch(`http://127.0.0.1:${adminPort}/readyz`);
  return { status: reply.status, body: await reply.json() };
}

/** What /readyz says of the trail, once it is what is expected: first it may have noticed something else. */
async function whyNotReady(gateway: RunningGateway, expected: RegExp): Promise<string> {
  let problem = 'nothing';
  for (let waited = 0; waited < PATIENCE_MS && !expected.test(problem); waited += 50) {
    const { status, body } = await readiness(gateway);
    const { problems } = body as { readonly problems?: { readonly audit?: string } };
    if (status === 503 && problems?.audit !== undefined) problem = problems.audit;
    await setTimeout(50);
  }
  return problem;
}

/** What stops a trail from being written, and what ends that. */
interface Outage {
  readonly title: string;
  readonly reason: RegExp;
  /** Whether the trail's folder has a small file system of its own. */
  readonly mounted: boolean;
  /** What `audit verify` says afterwards: records that were taken away are missed. */
  readonly verdict: RegExp;
  readonly begin: (folder: string) => Promise<void>;
  readonly end: (folder: string) => Promise<void>;
}

const OUTAGES: readonly Outage[] = [
  {
    title: 'a full disk',
    reason: /no space is left/,
    mounted: true,
    verdict: /^$/,
    begin: async (folder) => {
      await writeFile(join(folder, 'ballast'), Buffer.alloc(64 * 1024 * 1024)).catch(() => undefined);
    },
    end: (folder) => rm(join(folder, 'ballast')),
  },
  {
    title: 'a directory that is read-only',
    reason: /read-only|EROFS/,
    mounted: true,
    verdict: /^$/,
    // What has files open for writing cannot be mounted anew: another file system comes over it.
    begin: async (folder) =>
      void (await run('mount', ['-t', 'tmpfs', '-o', 'ro', 'portcullis-test', join(folder, 'audit')])),
    end: async (folder) => void (await run('umount', [join(folder, 'audit')])),
  },
  {
    title: 'a directory that was taken away, and cannot be made again',
    reason: /EEXIST|ENOTDIR|folder should be|in the way/,
    mounted: false,
    verdict: /^portcullis: the audit trail is not as it was written: 2 findings\n$/,
    begin: async (folder) => {
      await rename(join(folder, 'audit'), join(folder, 'gone'));
      await writeFile(join(folder, 'audit'), 'in the way');
    },
    end: (folder) => rm(join(folder, 'audit')),
  },
];

for (const { title, reason, mounted, verdict, begin, end } of OUTAGES) {
  t.test(
    `With ${title}, under load, nobody is let in, everything else goes on, and it mends itself.`,
    async (t) => {
      const dir = await makeGatewayFolder(t, {
        projects: projects(['127.0.0.1', '127.0.0.2']),
        config: { audit: { dir: 'var/audit', signing_key: { file: 'audit.key' }, reserve: '0B' } },
      });
      const folder = join(dir, 'var');
      await mkdir(folder);
      if (mounted) {
        const { status } = await run('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'portcullis-test', folder]);
        if (status !== 0)
          return void t.pass('this user may not mount: test/trail/outage.test.ts has it in memory');
        t.teardown(() => run('umount', ['-l', folder]));
      }
      const gateway = await startIn(t, dir);
      const live = await session(t, gateway);
      const other = await session(t, gateway, '127.0.0.2');
      const load = new Load(gateway.port);
      t.teardown(() => load.end());
      await load.more('admitted', 20);
      await begin(folder);
      await load.more('refused', 20);
      t.match(await whyNotReady(gateway, reason), reason);
      live.send(Buffer.from('Q\0\0\0\x0dSELECT 1\0', 'latin1'));
      t.ok(await live.readFrame(), 'a live session is served');
      await writeCatalog(dir, projects(['127.0.0.1']));
      t.match(await other.refusal(), { sqlstate: '57P01' }, 'a revocation works at once');
      await end(folder);
      await load.more('admitted', 20);
      await load.end();
      t.equal((await readiness(gateway)).status, 200);
      t.strictSame(load.strange, []);
      live.destroy();
      t.equal((await gateway.child.leave()).status, 0);
      const { stderr } = await portcullis(['audit', 'verify', '--dir', dir]);
      t.match(stderr, verdict);
    },
  );
}
