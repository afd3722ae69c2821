import { PasswordAssessor } from '../../src/app/password-assessor.ts';
import type { UpstreamTarget } from '../../src/catalog/model.ts';
import { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import { formatVerifier } from '../../src/scram/verifier.ts';
import { parseErrorFields } from '../../src/wire/error-response.ts';
import type { Frame } from '../../src/wire/frame.ts';
import { aBranch, anUpstream, aProject } from '../catalog/a-catalog.ts';
import { answerSasl, login, readGreeting, sendStartup } from '../support/client-login.ts';
import { startGateway } from '../support/gateway.ts';
import { ON_BUN } from '../support/portcullis.ts';
import { startEmbedded, type TestPostgres, type WithTeardown } from '../support/postgres.ts';
import { RawClient } from '../support/raw-client.ts';
import { aRole, certificate, verifier } from '../support/scene.ts';
import { TestGate } from '../support/test-gate.ts';

/** Besides, `app` may do what a password needs, and its verifier is kept by the gate. */
const SETUP = [
  `CREATE ROLE app LOGIN CREATEROLE PASSWORD '${formatVerifier(verifier)}'`,
  'CREATE ROLE bob',
  'GRANT bob TO app WITH ADMIN OPTION',
  'GRANT pg_read_all_data TO app',
  'CREATE TABLE t (n int)',
  'ALTER TABLE t OWNER TO app',
];

/** Two ways to one PostgreSQL: through the gate, whose rule for passwords is the default, and past it. */
export interface SqlScene {
  readonly postgres: TestPostgres;
  /** In this process; `undefined`: it is one of its own, on Bun. */
  readonly gate: TestGate | undefined;
  /** Of the gate. */
  readonly port: number;
  /** A new session through the gate, as `app`. */
  readonly through: () => Promise<RawClient>;
  /** The same without it. */
  readonly direct: () => Promise<RawClient>;
}

/** @param start another server than the embedded one. */
export async function sqlScene(
  t: WithTeardown,
  start: typeof startEmbedded = startEmbedded,
): Promise<SqlScene> {
  const postgres = await start(t, { bootstrapSql: SETUP, tcp: {} });
  const clients: RawClient[] = [];
  const { gate, port } = await openGate(t, { host: '127.0.0.1', port: postgres.port, sslmode: 'disable' });
  t.teardown(async () => {
    for (const client of clients) client.destroy();
  });
  const wish = { parameters: { database: 'postgres', client_encoding: 'UTF8' } };
  const connect = async (port: number): Promise<RawClient> => {
    const client = await RawClient.connect(port);
    clients.push(client);
    return client;
  };
  return {
    postgres,
    gate,
    port,
    through: async () => {
      const client = await (await connect(port)).requestTls();
      await login(client, wish);
      return client;
    },
    direct: async () => {
      const client = await connect(postgres.port);
      sendStartup(client, wish);
      await answerSasl(client, wish);
      await readGreeting(client);
      return client;
    },
  };
}

async function openGate(
  t: WithTeardown,
  upstream: Pick<UpstreamTarget, 'host' | 'port' | 'sslmode'>,
): Promise<Pick<SqlScene, 'gate' | 'port'>> {
  if (ON_BUN) {
    const roles = [{ name: 'app', verifier: formatVerifier(verifier) }];
    const branch = { id: 'br-main', name: 'main', default: true, upstream, roles };
    const { port } = await startGateway(t, { projects: [{ id: 'shop', branches: [branch] }] });
    return { gate: undefined, port };
  }
  const branch = aBranch('br-main', {
    isDefault: true,
    upstream: anUpstream(upstream),
    roles: [aRole('app', verifier)],
  });
  const passwords = new PasswordAssessor((problem) => {
    throw new Error(problem);
  });
  const catalog = new CatalogSnapshot([aProject('shop', [branch])]);
  const gate = await TestGate.open({ catalog, certificate, parts: { passwords } });
  t.teardown(async () => {
    await gate.gate.sessions.empty();
    gate.close();
    await passwords[Symbol.asyncDispose]();
  });
  return { gate, port: gate.port };
}

/** All frames up to the n-th ReadyForQuery, or to the end where the server closes before that. */
export async function framesUpTo(client: RawClient, readies: number): Promise<Frame[]> {
  const frames: Frame[] = [];
  for (let left = readies; left > 0; ) {
    await client.inbox.until(() => client.inbox.unread.length > 0 || client.inbox.over);
    if (client.inbox.unread.length === 0) break;
    const frame = await client.readFrame();
    frames.push(frame);
    if (frame.type === 'Z'.charCodeAt(0)) left -= 1;
  }
  return frames;
}

/** A frame as it is compared: every byte, but for the texts of an error. */
export function comparable({ type, body }: Frame): string {
  const letter = String.fromCharCode(type);
  if (letter !== 'E') return `${letter} ${body.toString('latin1')}`;
  const fields = [...parseErrorFields(body)].filter(([field]) => !'MDH'.includes(field));
  return `E ${fields.map(([field, text]) => `${field}=${text}`).join(' ')}`;
}

/** What the errors among frames say. */
export function messagesIn(frames: readonly Frame[]): (string | undefined)[] {
  return frames
    .filter(({ type }) => type === 'E'.charCodeAt(0))
    .map(({ body }) => parseErrorFields(body).get('M'));
}
