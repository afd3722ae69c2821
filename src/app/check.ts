import { hostPattern, matchesName } from '../certificates/match.ts';
import { fileProblem, type Problem } from '../config/problem.ts';
import type { ServerOutline } from '../config/server-outline.ts';
import type { Env } from '../config/surroundings.ts';
import { CertificateFilesError } from '../net/certificate-problem.ts';
import { CertificateStore } from '../net/certificate-store.ts';
import { loadCatalog } from '../store/catalog-file.ts';
import {
  loadEnvironment,
  loadServerConfig,
  outlineEnvironment,
  outlineServerConfig,
  shownPath,
} from '../store/config-file.ts';

/** An endpoint's label, for asking which names a certificate covers. */
const ANY_ENDPOINT = 'ep-any';

/**
 * Every problem and warning in what `start` would read: configuration, catalog, keys, certificates, modes. Where the
 * configuration has problems, the files that the rest of it names are checked all the same.
 */
export async function checkConfiguration(path: string | undefined, env: Env): Promise<readonly Problem[]> {
  const { problems, outline } =
    path === undefined ? await readEnvironment(env) : await readConfiguration(path, env);
  return [...problems, ...catalogProblems(outline, env), ...(await certificateProblems(outline))];
}

interface Read {
  readonly problems: readonly Problem[];
  readonly outline: ServerOutline;
}

async function readConfiguration(path: string, env: Env): Promise<Read> {
  const parsed = await loadServerConfig(path, env);
  return 'problems' in parsed
    ? { problems: parsed.problems, outline: outlineServerConfig(path, env) }
    : { problems: parsed.warnings, outline: parsed.config };
}

async function readEnvironment(env: Env): Promise<Read> {
  const parsed = await loadEnvironment(env);
  if ('problems' in parsed) return { problems: parsed.problems, outline: outlineEnvironment(env) };
  // A certificate that is still to be made cannot be wrong.
  const { config, hostnames } = parsed.sidecar;
  return { problems: parsed.warnings, outline: hostnames === undefined ? config : outlineEnvironment(env) };
}

function catalogProblems({ catalog }: ServerOutline, env: Env): readonly Problem[] {
  if (catalog === undefined) return [];
  const { outcome } = loadCatalog(catalog, env);
  return 'problems' in outcome ? outcome.problems : outcome.warnings;
}

async function certificateProblems(config: ServerOutline): Promise<Problem[]> {
  if (config.tls.certificates.length === 0) return [];
  try {
    const store = await CertificateStore.load(config.tls.certificates, config.tls);
    const found = store.warnings.map(({ file, message }) => fileProblem(shownPath(file), message, 'warning'));
    return [...found, ...uncoveredDomain(config, store)];
  } catch (error) {
    if (!(error instanceof CertificateFilesError)) throw error;
    return error.problems.map(({ file, message, severity }) =>
      fileProblem(shownPath(file), message, severity),
    );
  }
}

/** Clients with verify-full come by `<endpoint>.<domain>`, or by the domain itself. */
function uncoveredDomain({ public: published }: ServerOutline, store: CertificateStore): Problem[] {
  if (published === undefined || hostPattern(published.domain) === undefined) return [];
  const wanted = `${ANY_ENDPOINT}.${published.domain}`;
  const covered = store.certificates.some(({ dnsNames }) =>
    dnsNames.some((name) => matchesName(name, wanted)),
  );
  if (covered) return [];
  const [first] = store.certificates;
  const message = `no certificate covers *.${published.domain}: clients cannot reach endpoints with verify-full`;
  return [fileProblem(shownPath(first?.certPath ?? ''), message, 'warning')];
}
