import { randomBytes, randomInt } from 'node:crypto';
import pg from 'pg';
import { apply } from '../../src/catalog/apply.ts';
import type { Command } from '../../src/catalog/commands.ts';
import type { CatalogEvent } from '../../src/catalog/events.ts';
import type { CatalogState } from '../../src/catalog/find.ts';
import type { Branch, Cluster, Role } from '../../src/catalog/model.ts';
import { carryOut, type Done } from '../../src/control/carry-out.ts';
import type { CatalogDesk, Settle } from '../../src/control/ports.ts';
import { dial } from '../../src/net/dial.ts';
import { programs } from '../../src/programs/pg-dump.ts';
import { ClusterProvisioner, type ProvisionerOptions } from '../../src/provision/cluster-provisioner.ts';
import type { Intent, Intents } from '../../src/provision/ports.ts';
import { makeVerifier, SALT_LENGTH } from '../../src/scram/verifier.ts';
import { aBranch, anUpstream, aProject } from '../catalog/a-catalog.ts';
import { aRole } from '../catalog/a-verifier.ts';
import type { TestPostgres } from '../support/postgres.ts';

export const CHANCE = {
  randomBytes,
  randomInt: (bound: number) => randomInt(bound),
  now: () => new Date(),
};

/** The intent as a test may look at it. */
export class KeptIntent implements Intents {
  intent: Intent | undefined;
  held = false;
  /** Called when one is to be kept. */
  onKeep: () => void = () => {};

  hold(): Promise<AsyncDisposable | undefined> {
    if (this.held) return Promise.resolve(undefined);
    this.held = true;
    const release = (): Promise<void> => {
      this.held = false;
      return Promise.resolve();
    };
    return Promise.resolve({ [Symbol.asyncDispose]: release });
  }

  read(): Promise<Intent | undefined> {
    return Promise.resolve(this.intent);
  }

  keep(intent: Intent): Promise<void> {
    this.onKeep();
    this.intent = intent;
    return Promise.resolve();
  }

  clear(): Promise<void> {
    this.intent = undefined;
    return Promise.resolve();
  }
}

/** A catalog in memory in front of a cluster. */
export class Workshop implements CatalogDesk {
  readonly intents = new KeptIntent();
  readonly warnings: string[] = [];
  readonly steps: string[] = [];
  state: CatalogState;
  /** Instead of writing. */
  onWrite: () => void = () => {};

  constructor(state: CatalogState) {
    this.state = state;
  }

  read(): CatalogState {
    return this.state;
  }

  async change(
    decide: (state: CatalogState) => Promise<readonly CatalogEvent[]>,
    settle: Settle = () => Promise.resolve(),
  ): Promise<CatalogState> {
    try {
      const events = await decide(this.state);
      this.onWrite();
      this.state = events.reduce(apply, this.state);
    } finally {
      await settle(this.state);
    }
    return this.state;
  }

  provisioner(other: Partial<ProvisionerOptions> = {}): ClusterProvisioner {
    return new ClusterProvisioner({
      dial,
      intents: this.intents,
      programs,
      signal: new AbortController().signal,
      drain: false,
      tell: (step) => this.steps.push(step),
      warn: (problem) => this.warnings.push(problem),
      ...other,
    });
  }

  carry(command: Command, other: Partial<ProvisionerOptions> = {}): Promise<Done> {
    return carryOut(this, command, CHANCE, this.provisioner(other));
  }

  branch(name: string): Branch {
    const found = this.state[0]?.branches.find((branch) => branch.name === name);
    if (found === undefined) throw new Error(`no branch ${name}`);
    return found;
  }

  /** What the one database of a branch is called on the cluster. */
  database(branch: string, client = 'shop'): string {
    const name = this.branch(branch).upstream.database?.get(client);
    if (name === undefined) throw new Error(`no database of ${branch}`);
    return name;
  }

  role(branch: string, name: string): string {
    const role = this.branch(branch).roles.find((each) => each.name === name);
    return role?.upstream.role ?? name;
  }
}

/** A role with a password that works on a real server. */
export async function aLogin(name: string, password: string, other: Partial<Role> = {}): Promise<Role> {
  return aRole(name, { verifier: await makeVerifier(password, randomBytes(SALT_LENGTH), 4096), ...other });
}

/** A project on a cluster of the test's own, whose main branch has the database `shop`. */
export function workshopOn(
  { socketDir, port }: TestPostgres,
  roles: readonly Role[],
  cluster: Partial<Cluster> = {},
  main: Partial<Branch> = {},
): Workshop {
  const upstream = anUpstream({
    host: socketDir,
    port,
    sslmode: 'disable',
    requireAuth: new Set(['scram-sha-256', 'none']),
  });
  const branch = aBranch('br-main', {
    name: 'main',
    isDefault: true,
    endpoints: ['ep-main'],
    upstream: { ...upstream, database: new Map([['shop', 'shop']]) },
    roles,
    ...main,
  });
  return new Workshop([
    {
      ...aProject('p', [branch]),
      cluster: {
        upstream,
        role: 'postgres',
        password: undefined,
        database: 'postgres',
        provisioner: 'template',
        parentSessions: 'hold',
        ...cluster,
      },
    },
  ]);
}

/** A session that the end of the work closes. */
export async function session(config: pg.ClientConfig): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client(config);
  await client.connect();
  // A session that is cut is what some tests are about.
  client.on('error', () => {});
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

/** First column of the rows of a statement, run by the superuser in a database. */
export async function column(postgres: TestPostgres, database: string, sql: string): Promise<unknown[]> {
  await using client = await session({ ...postgres.superuser, database });
  const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
  return rows.map(([value]) => value);
}
