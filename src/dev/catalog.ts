import { Document, parseDocument } from 'yaml';
import { formatVerifier, type Verifier } from '../scram/verifier.ts';
import { writeFileAtomic } from '../store/write-file.ts';
import type { DevLogin } from './credentials.ts';
import { DevError } from './error.ts';

const PRIVATE = 0o600;

/** A branch's `upstream` as it stands in catalog.yaml. */
export interface WrittenUpstream {
  readonly host: string;
  readonly port: number;
  readonly sslmode?: string;
  readonly sslrootcert?: string;
  readonly require_auth?: readonly string[];
  readonly channel_binding?: string;
}

/** A project's `cluster` as it stands in catalog.yaml. */
export interface WrittenCluster extends WrittenUpstream {
  readonly role: string;
  readonly provisioner: string;
  readonly parent_sessions: string;
}

/** What this run wants in the catalog. */
export interface DevWish {
  /** Where branches are made; undefined leaves what is there. */
  readonly cluster: WrittenCluster | undefined;
  /** undefined leaves what is there. */
  readonly upstream: WrittenUpstream | undefined;
  /** The role's sealed login upstream; undefined: the verifier itself is stored there. */
  readonly sealed: string | undefined;
  /** The project's allowlist, from `--allow`; undefined leaves what is there. */
  readonly allow: readonly string[] | undefined;
}

/** catalog.yaml for a new folder. */
export function newCatalog(login: DevLogin, verifier: Verifier): Document {
  const document = new Document({
    projects: [
      {
        id: login.project,
        name: 'dev',
        branches: [
          {
            id: login.branch,
            name: 'main',
            default: true,
            endpoints: [{ id: login.endpoint }],
            upstream: {},
            roles: [{ name: login.role, verifier: formatVerifier(verifier) }],
          },
        ],
      },
    ],
  });
  document.commentBefore = ' Made by `portcullis dev`; yours to edit. A change takes effect at once.';
  return document;
}

/**
 * Brings what is there in line with this run and leaves the rest, comments too.
 * @throws DevError where the branch or role that `dev` made is no longer there.
 */
export function applyWish(document: Document, login: DevLogin, wish: DevWish): void {
  const { project, branch, role } = placeOf(document, login);
  if (wish.cluster !== undefined) {
    moveBranches(document, project, wish.cluster);
    document.setIn([...project, 'cluster'], document.createNode(wish.cluster));
  }
  if (wish.upstream !== undefined)
    document.setIn([...branch, 'upstream'], document.createNode(wish.upstream));
  if (wish.sealed !== undefined) document.setIn([...role, 'upstream', 'password'], wish.sealed);
  if (wish.allow !== undefined) {
    document.setIn([...project, 'settings', 'allowed_ips', 'ips'], document.createNode([...wish.allow]));
  }
}

/** Branches that were made lie on the cluster, wherever that has its socket now. */
function moveBranches(document: Document, project: Place, { host, port }: WrittenCluster): void {
  const branches = [...project, 'branches'];
  for (let i = 0; document.hasIn([...branches, i]); i += 1) {
    if (!document.hasIn([...branches, i, 'provisioner'])) continue;
    document.setIn([...branches, i, 'upstream', 'host'], host);
    document.setIn([...branches, i, 'upstream', 'port'], port);
  }
}

export async function writeCatalog(path: string, document: Document): Promise<void> {
  await writeFileAtomic(path, document.toString({ lineWidth: 0 }), PRIVATE);
}

/** @throws DevError where it is not YAML; its meaning is checked when it is loaded. */
export function parseCatalogDocument(path: string, text: string): Document {
  const document = parseDocument(text);
  if (document.errors.length > 0)
    throw new DevError(`${path} is not valid YAML: portcullis check --config names the line`);
  return document;
}

/** The text at the verifier of dev's own role, whatever it is. @throws DevError where the role is not there. */
export function writtenVerifier(document: Document, login: DevLogin): string {
  return String(document.getIn([...placeOf(document, login).role, 'verifier']));
}

type Place = readonly (string | number)[];

function placeOf(document: Document, login: DevLogin): { project: Place; branch: Place; role: Place } {
  const project = find(document, ['projects'], ['id', login.project]);
  const branch = find(document, [...project, 'branches'], ['id', login.branch]);
  const role = find(document, [...branch, 'roles'], ['name', login.role]);
  return { project, branch, role };
}

function find(document: Document, list: Place, [key, value]: readonly [string, string]): Place {
  for (let i = 0; document.hasIn([...list, i]); i += 1) {
    if (document.getIn([...list, i, key]) === value) return [...list, i];
  }
  throw lost(value);
}

function lost(what: string): DevError {
  return new DevError(
    `catalog.yaml no longer has ${what}, which credentials.json names: bring it back, or remove both files to start anew`,
  );
}
