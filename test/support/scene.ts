import type { ConnectionOptions } from 'node:tls';
import type { Allowlist } from '../../src/allowlist/allowlist.ts';
import type { Branch, Project, Role, UpstreamTarget } from '../../src/catalog/model.ts';
import { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import { makeVerifier, type Verifier } from '../../src/scram/verifier.ts';
import type { Gate, GateLimits } from '../../src/session/ports.ts';
import type { ConnectionRecord } from '../../src/session/record.ts';
import type { Refusal } from '../../src/session/refusals.ts';
import { aBranch, anUpstream, aProject } from '../catalog/a-catalog.ts';
import { type Greeting, type LoginWish, login, PASSWORD } from './client-login.ts';
import { RawClient } from './raw-client.ts';
import { ScriptedUpstream, type UpstreamWish } from './scripted-upstream.ts';
import { type TestCertificate, testCertificate } from './server-certificate.ts';
import { TestGate } from './test-gate.ts';
import { goodScript, type Script } from './upstream-steps.ts';

/** The verifier of role `app`, at the gate and upstream: what passthrough needs. */
export const verifier = await makeVerifier(PASSWORD, Buffer.from('salt of 16 bytes'), 4096);

/** A role that logs in upstream with the client's own proof. */
export function aRole(name: string, known: Verifier | undefined, other: Partial<Role> = {}): Role {
  const upstream = { role: undefined, login: undefined };
  return { name, verifier: known, verifierUnrated: false, upstream, connectionLimit: undefined, ...other };
}

/** One certificate for all gates and upstreams of a test file; it is its own authority. */
export const certificate: TestCertificate = await testCertificate();

export interface SceneWish {
  /** Default: an upstream without TLS that lets `app` in and echoes. */
  readonly script?: Script;
  readonly upstream?: Partial<UpstreamWish>;
  readonly target?: Partial<UpstreamTarget>;
  /** Over the default branch: endpoint ep-main, role app, no allowlist. */
  readonly branch?: Partial<Branch>;
  /** Instead of one project with that branch. */
  readonly projects?: (main: Branch) => readonly Project[];
  readonly handshakeTimeout?: number;
  readonly limits?: Partial<GateLimits>;
  /** Balancers whose PROXY header is required. */
  readonly proxiedBy?: Allowlist;
  readonly parts?: Partial<Gate>;
  /** Whether the gate is expected to report a defect. */
  readonly defects?: boolean;
}

/**
 * A gate, the upstream behind it, and the clients before it. Leaving it (`await using`) checks that nothing is left
 * behind: no session, no connection to the upstream, no defect.
 */
export class Scene implements AsyncDisposable {
  readonly gate: TestGate;
  readonly upstream: ScriptedUpstream;
  readonly #clients: RawClient[] = [];
  readonly #wish: SceneWish;

  private constructor(wish: SceneWish, gate: TestGate, upstream: ScriptedUpstream) {
    this.#wish = wish;
    this.gate = gate;
    this.upstream = upstream;
  }

  static async open(wish: SceneWish = {}): Promise<Scene> {
    const upstream = await ScriptedUpstream.open({
      scripts: [wish.script ?? goodScript(verifier)],
      ...wish.upstream,
    });
    const { host, port } = upstream;
    const main = aBranch('br-main', {
      endpoints: ['ep-main'],
      isDefault: true,
      upstream: anUpstream({ host, port, sslmode: 'disable', ...wish.target }),
      roles: [aRole('app', verifier)],
      ...wish.branch,
    });
    const projects = wish.projects?.(main) ?? [aProject('shop', [main])];
    const gate = await TestGate.open({ ...wish, catalog: new CatalogSnapshot(projects), certificate });
    return new Scene(wish, gate, upstream);
  }

  /** A client in plain text. */
  async client(from?: string): Promise<RawClient> {
    const client = await RawClient.connect(this.gate.port, from);
    this.#clients.push(client);
    return client;
  }

  /** A client inside TLS, by SSLRequest. */
  async tlsClient(options?: ConnectionOptions & { from?: string }): Promise<RawClient> {
    return await (await this.client(options?.from)).requestTls(options);
  }

  /** A client that is logged in. */
  async session(wish?: LoginWish): Promise<{ client: RawClient; greeting: Greeting }> {
    const client = await this.tlsClient();
    return { client, greeting: await login(client, wish) };
  }

  /** What the journal says of the n-th connection to end. */
  async record(n = 0): Promise<ConnectionRecord> {
    return await this.gate.journal.record(n);
  }

  /** Ends every connection with this reason, as a drain does. */
  cutAll(why: Refusal): void {
    this.gate.gate.sessions.cutWhere(() => why);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy();
    const { journal, gate } = this.gate;
    await gate.sessions.empty();
    this.gate.close();
    await this.upstream.deserted();
    const left = this.upstream.connections;
    this.upstream.close();
    if (left > 0) throw new Error(`${left} connections to the upstream were left open`);
    if (journal.open > 0) throw new Error(`${journal.open} connections were never reported as ended`);
    if (this.#wish.defects !== true && journal.defects.length > 0) {
      throw new Error('the gate met a defect', { cause: journal.defects[0] });
    }
  }
}
