import { randomBytes } from 'node:crypto';
import { restorerNameOf, upstreamRole } from '../catalog/upstream-names.ts';
import { type Copying, copy } from './copy.ts';
import { heirsOf, type Making, missingRoles, pairsOf, refuseTaken } from './plan.ts';
import type { Intents, Programs } from './ports.ts';
import { grantMemberships, makeRoles } from './role-sql.ts';
import type { Server } from './server.ts';
import { surveyRoles } from './survey.ts';

/** What is needed beside it. */
export interface Tools {
  readonly programs: Programs;
  readonly signal: AbortSignal;
  readonly server: Server;
  readonly intents: Intents;
  /** Hears what is going on. */
  readonly tell: (step: string) => void;
  /** Hears what somebody else may have noticed. */
  readonly warn: (what: string) => void;
}

/**
 * Makes a branch's databases and roles, or for a branch that has some already its databases anew. What is there
 * when it fails is named by the intent, and stays until that is settled.
 * @throws ProvisionError, StatementFailed.
 */
export async function make(making: Making, tools: Tools): Promise<void> {
  const { server, intents, tell } = tools;
  const { branch, parent, project, outgoing, drain } = making;
  tell('reading the parent');
  using session = await server.open();
  const pairs = await pairsOf(session, making);
  const names = pairs.map(({ from }) => from.name);
  const survey = await surveyRoles(session, names, parent.roles.map(upstreamRole));
  const heirs = heirsOf(survey, making);
  const wanted = await missingRoles(session, { survey, heirs, branch });
  const targets = pairs.map(({ to }) => to);
  await refuseTaken(session, { branch, roles: wanted.map(({ name }) => name), databases: targets });
  await intents.keep({
    project,
    branch: branch.id,
    databases: [...targets, ...outgoing],
    roles: [...new Set([...wanted.map(({ name }) => name), ...branch.roles.map(upstreamRole)])],
  });
  tell('making its roles');
  const roleStatements = [
    ...makeRoles(wanted, branch.id, session.facts),
    ...grantMemberships(survey, heirs, session.facts),
  ];
  if (roleStatements.length > 0) await session.run(roleStatements.join(';\n'));
  const logins = branch.roles.map(upstreamRole);
  const copying = { ...tools, session, heirs, logins, drain, dump: dumpOf(making, tools) };
  for (const pair of pairs) await copy(pair, copying);
}

function dumpOf({ branch, cluster }: Making, { programs, signal }: Tools): Copying['dump'] {
  if (branch.provisioner !== 'dump') return undefined;
  const restorer = restorerNameOf(branch.id, randomBytes(4).toString('hex'));
  return { branchId: branch.id, restorer, cluster, programs, signal };
}
