import type { Branch, Project } from '../catalog/model.ts';
import { requestedDatabase, upstreamDatabase } from '../routing/database.ts';
import { wantsReplication } from '../routing/replication.ts';
import { fixedKeys } from '../scram/credentials.ts';
import type { UpstreamCredentials } from '../upstream/login.ts';
import { negotiate, type ProtocolVersion } from '../wire/protocol-version.ts';
import type { StartupParameters } from '../wire/startup-packet.ts';
import type { Identity } from './authenticate.ts';
import { takeSeat } from './crowd.ts';
import { authenticationFailed, databaseDoesNotExist, replicationNotAllowed } from './refusals.ts';
import type { Way } from './route.ts';
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
export function authorize(visit: Visit, way: Way, identity: Identity): Errand {
  const { record } = visit;
  const { place, role, parameters, catalog } = way;
  if (place === undefined) throw authenticationFailed(role, 'no such endpoint');
  visit.stand({
    projectId: place.project.id,
    branchId: place.branch.id,
    address: visit.source.address,
    role,
    verifier: identity.login.held ? identity.verifier : undefined,
  });
  takeSeat(visit, place.branch, { role, limit: identity.login.connectionLimit });
  const asked = requestedDatabase(parameters.text('database'), role);
  record.database = asked;
  const replication = wantsReplication(parameters.text('replication'));
  if (replication && !place.branch.replication) throw replicationNotAllowed();
  const database = upstreamDatabase(catalog, place.branch, asked);
  if (database.kind === 'unknown') throw databaseDoesNotExist(asked);
  const { login } = identity;
  return {
    ...place,
    version: negotiate(way.version),
    parameters: parameters.with({ user: login.upstreamRole, database: database.name }),
    credentials: credentialsOf(identity),
  };
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
