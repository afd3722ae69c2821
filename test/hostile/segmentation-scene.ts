import type { Branch, Project } from '../../src/catalog/model.ts';
import { Secret } from '../../src/catalog/secret.ts';
import { makeVerifier } from '../../src/scram/verifier.ts';
import { aBranch, aProject } from '../catalog/a-catalog.ts';
import { answerSasl, login, PASSWORD, sendStartup } from '../support/client-login.ts';
import type { RawClient } from '../support/raw-client.ts';
import { aRole, type Scene } from '../support/scene.ts';

/** The neighbour's password for a role of the same name. */
export const THEIRS = 'closed sesame';
export const theirVerifier = await makeVerifier(THEIRS, Buffer.from('their own salt..'), 4096);

/** How the neighbour's branch logs in upstream: as the scripted upstream's own role. */
const sealed = { upstream: { role: undefined, login: { password: new Secret(PASSWORD) } } };

/** What the neighbour owns on the cluster that both branches share. */
export const THEIR_DATABASE = 'bank_data';

/**
 * Two branches of two projects on one cluster, both with a role `app`: ours reaches every database that nobody
 * else owns, the neighbour's `bank` is the upstream's `bank_data` and nothing else.
 */
export function neighbours(ours: Partial<Branch> = {}): (main: Branch) => Project[] {
  return (main) => {
    const { host, port } = main.upstream;
    const bank = aBranch('br-bank', {
      endpoints: ['ep-bank'],
      upstream: { ...main.upstream, host, port, database: new Map([['bank', THEIR_DATABASE]]) },
      roles: [aRole('app', theirVerifier, sealed)],
    });
    return [aProject('shop', [{ ...main, ...ours }]), aProject('bank', [bank])];
  };
}

export interface Call {
  readonly servername?: string;
  readonly user?: string;
  readonly password?: string;
  readonly from?: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Logs in. @returns the client that was let in. */
export async function enter(scene: Scene, call: Call): Promise<RawClient> {
  const client = await arrive(scene, call);
  await login(client, call);
  return client;
}

/** Tries to, and is refused behind a good proof. @returns what it read. */
export async function refusedEntry(scene: Scene, call: Call): Promise<string> {
  const client = await arrive(scene, call);
  sendStartup(client, call);
  await answerSasl(client, call);
  return await refusalOf(client);
}

/** The same where no proof is asked for. */
export async function turnedAway(scene: Scene, call: Call): Promise<string> {
  const client = await arrive(scene, call);
  sendStartup(client, call);
  return await refusalOf(client);
}

async function refusalOf(client: RawClient): Promise<string> {
  const { sqlstate, message } = await client.refusal();
  return `${sqlstate} ${message}`;
}

async function arrive(scene: Scene, { servername = 'ep-main.example.com', from }: Call): Promise<RawClient> {
  return await scene.tlsClient({ servername, ...(from === undefined ? {} : { from }) });
}
