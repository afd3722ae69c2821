import type { Branch, Project } from '../catalog/model.ts';
import { requestedDatabase, upstreamDatabase } from '../routing/database.ts';
import { isPhysicalReplication, wantsReplication } from '../routing/replication.ts';
import { fixedKeys } from '../scram/credentials.ts';
import type { UpstreamCredentials } from '../upstream/login.ts';
import { MAX_OPENING_LENGTH } from '../wire/limits.ts';
import { negotiate, type ProtocolVersion } from '../wire/protocol-version.ts';
import { type StartupParameters, serializeStartup } from '../wire/startup-packet.ts';
import type { Identity } from './authenticate.ts';
import { takeSeat } from './crowd.ts';
import { authenticationFailed, databaseDoesNotExist, malformed, replicationNotAllowed } from './refusals.ts';
import type { Way } from './route.ts';
import type { Standing } from './standing.ts';
import type { Visit } from './visit.ts';

/** What is to be done upstream for a client that proved who it is. */
export interface Errand {
  readonly project: Project;
  readonly branch: Branch;
  readonly version: ProtocolVersion;
  readonly parameters: StartupParameters;
  readonly credentials: UpstreamCredentials;
}

/** Whether there is room, and what the role may reach: the branch's databases, and a WAL stream only where the branch says so. */
export async function authorize(visit: Visit, way: Way, identity: Identity): Promise<Errand> {
  const { place, role } = way;
  const { login, verifier } = identity;
  if (place === undefined) throw authenticationFailed(role, 'no such endpoint');
  visit.record.database = requestedDatabase(way.parameters.text('database'), role);
  const reach = reachOf(way, place.branch);
  visit.stand({
    projectId: place.project.id,
    branchId: place.branch.id,
    endpoint: way.endpoint,
    resetAt: place.branch.resetAt,
    certificate: visit.certificate,
    address: visit.source.address,
    role,
    verifier: login.held ? verifier : undefined,
    upstreamRole: login.upstreamRole,
    ...reach,
  });
  await takeSeat(visit, place.branch, { role, limit: login.connectionLimit });
  const version = negotiate(way.version);
  const parameters = way.parameters.with({ user: login.upstreamRole, database: reach.database?.opened });
  requireRoom(version, parameters);
  return { ...place, version, parameters, credentials: credentialsOf(identity) };
}

/** What a session may read. Physical replication is in no database, so no map has a name for it. */
function reachOf(
  { parameters, catalog, role }: Way,
  branch: Branch,
): Pick<Standing, 'replication' | 'database'> {
  const asked = requestedDatabase(parameters.text('database'), role);
  const value = parameters.text('replication');
  const replication = wantsReplication(value);
  if (replication && !branch.replication) throw replicationNotAllowed();
  if (isPhysicalReplication(value)) return { replication, database: undefined };
  const database = upstreamDatabase(catalog, branch, asked);
  if (database.kind === 'unknown') throw databaseDoesNotExist(asked);
  return { replication, database: { asked, opened: database.name } };
}

/** A packet that was just short enough may not be any more, with the upstream's names in it. */
function requireRoom(version: ProtocolVersion, parameters: StartupParameters): void {
  if (serializeStartup(version, parameters).length > MAX_OPENING_LENGTH)
    throw malformed('startup packet has no room for the database name');
}

/** The catalog's password where it has one, else the client's own proof (ClientKey passthrough). */
function credentialsOf({ login, verifier, clientKey }: Identity): UpstreamCredentials {
  const passthrough = { clientKey, serverKey: verifier.serverKey };
  return {
    role: login.upstreamRole,
    scram: login.upstreamKeys ?? fixedKeys(passthrough, verifier),
    password: login.upstreamPassword,
  };
}
