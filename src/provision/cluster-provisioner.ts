import { apply } from '../catalog/apply.ts';
import type { CatalogEvent } from '../catalog/events.ts';
import type { CatalogState } from '../catalog/find.ts';
import type { Branch, Project } from '../catalog/model.ts';
import { upstreamRole } from '../catalog/upstream-names.ts';
import type { Provisioner } from '../control/ports.ts';
import type { Dial } from '../upstream/ports.ts';
import { StatementFailed } from '../upstream/statements.ts';
import { ProvisionError } from './error.ts';
import { make } from './make.ts';
import type { Intents, Programs } from './ports.ts';
import { changeRole, rolesConcerned } from './roles.ts';
import { refusalText, Server, type ServerOptions, workName } from './server.ts';
import { settle } from './settle.ts';
import { databasesMadeFor, ownedDatabases, takenNames } from './survey.ts';

export interface ProvisionerOptions {
  readonly dial: Dial;
  readonly intents: Intents;
  readonly programs: Programs;
  readonly signal: AbortSignal;
  /** Whether sessions on a parent are ended while it is copied, whatever the cluster says. */
  readonly drain: boolean;
  /** Hears what is going on. */
  readonly tell: (step: string) => void;
  /** Hears what could not be settled, in one line. */
  readonly warn: (problem: string) => void;
}

/** Makes and removes branches on projects' clusters. */
export class ClusterProvisioner implements Provisioner {
  readonly #options: ProvisionerOptions;
  /** From `prepare` to `settle`. */
  #held: AsyncDisposable | undefined;

  constructor(options: ProvisionerOptions) {
    this.#options = options;
  }

  async databasesOf(project: Project, parent: Branch): Promise<string[]> {
    using session = await this.#serverOf(project).open();
    const owned = await ownedDatabases(session, parent.roles.map(upstreamRole));
    const others = project.branches.filter(({ id }) => id !== parent.id);
    const theirs = new Set(others.flatMap(({ upstream }) => [...(upstream.database?.values() ?? [])]));
    return owned.filter((name) => !theirs.has(name));
  }

  async prepare(before: CatalogState, events: readonly CatalogEvent[]): Promise<void> {
    const after = events.reduce(apply, before);
    const whole = events.flatMap((event) => this.#workFor(event, { before, after }) ?? []);
    // What becomes of its roles is part of what becomes of a branch.
    const work = whole.length > 0 ? whole : this.#workForRoles(events, { before, after });
    if (work.length === 0) return;
    this.#held ??= await this.#options.intents.hold();
    if (this.#held === undefined)
      throw new ProvisionError('another command is at work on a branch upstream: try again when it is done');
    await this.#settled(before);
    await inWords(async () => {
      for (const each of work) await each();
    });
  }

  async settle(state: CatalogState): Promise<void> {
    const { intents, warn } = this.#options;
    try {
      // Where somebody else is at work, he settles it.
      if (this.#held === undefined && (await intents.read()) === undefined) return;
      this.#held ??= await intents.hold();
      if (this.#held !== undefined) await this.#settled(state);
    } catch (error) {
      if (!(error instanceof ProvisionError)) throw error;
      warn(`${error.message}; the next command or start goes on with it`);
    } finally {
      await this.#held?.[Symbol.asyncDispose]();
      this.#held = undefined;
    }
  }

  async #settled(state: CatalogState): Promise<void> {
    const { intents } = this.#options;
    const intent = await intents.read();
    if (intent === undefined) return;
    const project = state.find(({ id }) => id === intent.project);
    if (project?.cluster === undefined)
      throw new ProvisionError(
        `branch ${intent.branch} was not made or removed to the end, and project ${intent.project} has no cluster any more: write it into catalog.yaml again`,
      );
    await inWords(async () => {
      // Not ended by whatever ended the work.
      using session = await this.#serverOf(project, { signal: new AbortController().signal }).open();
      await settle(session, intent, state);
    });
    await intents.clear();
  }

  /** What is to be done upstream for an event about a branch as a whole. */
  #workFor(event: CatalogEvent, { before, after }: States): (() => Promise<void>) | undefined {
    switch (event.type) {
      case 'branch-created':
      case 'branch-reset': {
        const id = event.type === 'branch-created' ? event.branch.id : event.branchId;
        const branch = branchOf(after, event.projectId, id);
        if (branch?.provisioner === undefined) return undefined;
        return () => this.#make(before, { project: event.projectId, branch });
      }
      case 'branch-deleted': {
        const branch = branchOf(before, event.projectId, event.branchId);
        if (branch?.provisioner === undefined) return undefined;
        return () => this.#remove(before, { project: event.projectId, branch });
      }
      default:
        return undefined;
    }
  }

  async #make(before: CatalogState, { project, branch }: Subject): Promise<void> {
    const parent = branchOf(before, project, branch.parentId);
    if (parent === undefined) throw new ProvisionError('the parent is gone: make the branch from another');
    const kept = branchOf(before, project, branch.id)?.upstream.database;
    const cluster = projectOf(before, project)?.cluster;
    if (cluster === undefined)
      throw new ProvisionError(`project ${project} has no cluster: write one into catalog.yaml`);
    const drain = this.#options.drain || cluster.parentSessions === 'drain';
    const making = { project, parent, branch, cluster, outgoing: [...(kept?.values() ?? [])], drain };
    await make(making, { ...this.#options, server: this.#server(before, making) });
  }

  /** Looks before the catalog lets the branch go: afterwards its databases are dropped, and it must be possible. */
  async #remove(before: CatalogState, { project, branch }: Subject): Promise<void> {
    const { intents, tell } = this.#options;
    tell('looking at what is to go');
    using session = await this.#server(before, { project, branch }).open();
    const databases = [...(branch.upstream.database?.values() ?? [])];
    const ours = await databasesMadeFor(session, branch.id, databases);
    const there = await takenNames(session, { roles: [], databases });
    const foreign = databases.find((name) => there.includes(`database ${name}`) && !ours.includes(name));
    if (foreign !== undefined)
      throw new ProvisionError(
        `database ${JSON.stringify(foreign)} does not belong to a role made for the branch: take it out of the branch’s map in catalog.yaml`,
      );
    await intents.keep({ project, branch: branch.id, databases, roles: branch.roles.map(upstreamRole) });
    tell('dropping its databases');
  }

  #workForRoles(events: readonly CatalogEvent[], states: States): (() => Promise<void>)[] {
    const tools = {
      intents: this.#options.intents,
      open: async (project: Project, branch: Branch) =>
        await this.#serverOf(project, { name: workName(branch.id) }).open(),
    };
    return rolesConcerned(events, states).map((concern) => () => changeRole(concern, tools));
  }

  #server(state: CatalogState, { project: id, branch }: Subject): Server {
    const project = projectOf(state, id);
    if (project === undefined) throw new ProvisionError(`project ${id} is gone`);
    return this.#serverOf(project, { name: workName(branch.id) });
  }

  #serverOf({ id, cluster }: Project, other: Partial<ServerOptions> = {}): Server {
    const { dial, signal } = this.#options;
    if (cluster === undefined)
      throw new ProvisionError(`project ${id} has no cluster: write one into catalog.yaml`);
    return new Server(dial, cluster, { signal, name: 'portcullis', ...other });
  }
}

interface States {
  readonly before: CatalogState;
  readonly after: CatalogState;
}

interface Subject {
  readonly project: string;
  readonly branch: Branch;
}

function projectOf(state: CatalogState, id: string): Project | undefined {
  return state.find((project) => project.id === id);
}

function branchOf(state: CatalogState, project: string, id: string | undefined): Branch | undefined {
  return projectOf(state, project)?.branches.find((branch) => branch.id === id);
}

/** A statement that the server refused, in words for people. */
async function inWords(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StatementFailed)) throw error;
    throw new ProvisionError(`the cluster refused: ${refusalText(error)}`, { cause: error });
  }
}
