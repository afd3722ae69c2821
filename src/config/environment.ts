import { BRANCH_DEFAULTS } from '../catalog/branch-defaults.ts';
import type { Branch, Project } from '../catalog/model.ts';
import { pathFrom } from './base-folder.ts';
import { hasErrors, type Problem, variableProblem } from './problem.ts';
import { type CertificateFiles, type ServerConfig, serverConfigOf } from './server-config.ts';
import type { Surroundings } from './surroundings.ts';
import { parseUpstreamUrl, type UpstreamUrl } from './upstream-url.ts';
import {
  allowedIpsOf,
  blankOnes,
  certificateOf,
  hostnamesOf,
  isBlank,
  listenOf,
  type Settings,
} from './variable-values.ts';
import { readVariables, variableName } from './variables.ts';

const CERTIFICATE_FOLDER = 'certs';

/** A gateway in front of one database, from `PORTCULLIS_*` variables alone. */
export interface Sidecar {
  /** Its `catalog` is undefined: `projects` stand for it. */
  readonly config: ServerConfig;
  readonly projects: readonly Project[];
  /** Names for the certificate that is to be made where none is given; `undefined`: one is. */
  readonly hostnames: readonly string[] | undefined;
}

export type ParsedEnvironment =
  | { readonly sidecar: Sidecar; readonly warnings: readonly Problem[] }
  | { readonly problems: readonly Problem[] };

/**
 * Reads the sidecar's variables. A problem's `file` is the variable's name; no value is ever quoted that may
 * hold a password.
 */
export function configFromEnvironment(surroundings: Omit<Surroundings, 'file'>): ParsedEnvironment {
  const { settings, problems: found } = readVariables(surroundings);
  const problems = [...found, ...blankOnes(settings)];
  const upstream = upstreamOf(settings, surroundings, problems);
  const listen = listenOf(settings.get('LISTEN'), problems);
  const allowed = allowedIpsOf(settings.get('ALLOWED_IPS'), problems);
  const certificate = certificateOf(settings, surroundings.base, problems);
  const hostnames = hostnamesOf(settings, problems);
  if (upstream === undefined || hasErrors(problems)) return { problems };
  const made = certificate ?? {
    cert: pathFrom(surroundings.base, `${CERTIFICATE_FOLDER}/server.crt`),
    key: pathFrom(surroundings.base, `${CERTIFICATE_FOLDER}/server.key`),
  };
  const config = serverConfigOf(listen, made, { ...surroundings, file: variableName('LISTEN') });
  const projects = [projectOf(upstream, allowed)];
  return {
    sidecar: { config, projects, hostnames: certificate === undefined ? hostnames : undefined },
    warnings: problems,
  };
}

/** The certificate that the variables name, whatever else is wrong with them. */
export function givenCertificate(surroundings: Omit<Surroundings, 'file'>): CertificateFiles | undefined {
  return certificateOf(readVariables(surroundings).settings, surroundings.base, []);
}

function projectOf({ target, authQuery }: UpstreamUrl, ips: readonly string[] | undefined): Project {
  const branch: Branch = {
    ...BRANCH_DEFAULTS,
    id: 'br-main',
    name: 'main',
    isDefault: true,
    endpoints: ['ep-main'],
    upstream: target,
    authQuery,
    clientCertificate: 'off',
  };
  const allowedIps = ips && { ips, protectedBranchesOnly: false };
  return { id: 'default', name: undefined, allowedIps, cluster: undefined, branches: [branch] };
}

function upstreamOf(
  settings: Settings,
  surroundings: Omit<Surroundings, 'file'>,
  problems: Problem[],
): UpstreamUrl | undefined {
  const name = variableName('UPSTREAM');
  const setting = settings.get('UPSTREAM');
  if (setting === undefined || isBlank(setting)) {
    // An unreadable twin has been told of already, and so has a blank value.
    const told = problems.some(({ file }) => file.startsWith(name));
    const mend = 'set it to postgres://role:password@host:5432/database, or give --config FILE';
    if (!told) problems.push(variableProblem(name, `is not set: ${mend}`));
    return undefined;
  }
  const url = parseUpstreamUrl(setting.text, { ...surroundings, file: setting.name });
  if (!('problems' in url)) return url;
  problems.push(...url.problems.map((problem) => variableProblem(setting.name, problem)));
  return undefined;
}
