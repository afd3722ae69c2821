import { type AuditConfig, toAudit } from './audit.ts';
import { pathFrom } from './base-folder.ts';
import { type KeyRing, parseKeyRing } from './key-ring.ts';
import { laterInServer } from './later.ts';
import { type Limits, toLimits } from './limits.ts';
import type { ListenAddress } from './listen-address.ts';
import { besideFaults, hasErrors, inReadingOrder, type Problem } from './problem.ts';
import { type LOG_LEVELS, serverSchema, type WrittenServerConfig } from './server-schema.ts';
import { checkShape } from './shape.ts';
import { substitute } from './substitution.ts';
import type { Env, Surroundings } from './surroundings.ts';
import { type UnsoundYaml, YamlDocument } from './yaml-document.ts';
import type { TextChange } from './yaml-values.ts';

/** Thousands of listeners and certificates fit; what is larger is another kind of file. */
export const MAX_SERVER_BYTES = 1_048_576;

/** Absolute paths. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

export interface CatalogLocation {
  /** Absolute. */
  readonly file: string;
  /** Absolute folder from which the catalog's own paths start. */
  readonly base: string;
  /** Opens sealed secrets; `undefined` where none are written in portcullis.yaml or a variable. */
  readonly keys: KeyRing | undefined;
  /** Absolute path of the keys' file, read anew with every catalog; made where a secret is to be sealed. */
  readonly keyFile: string | undefined;
  /** Whether `tls.client_ca` is there, which branches need that look at client certificates. */
  readonly clientCa: boolean;
}

/** Where clients connect, and whose PROXY headers are believed there. */
export interface ConfiguredListener extends ListenAddress {
  /** Allowlist entries; `undefined`: a PROXY header is a protocol violation. */
  readonly proxiedBy: readonly string[] | undefined;
  /** Of a socket that the init system has opened there. */
  readonly fd?: number | undefined;
}

/** What portcullis.yaml says. Paths are absolute, times in milliseconds. */
export interface ServerConfig {
  /** At least one. */
  readonly listen: readonly ConfiguredListener[];
  /** What connection-string prints. */
  readonly public: { readonly domain: string; readonly port: number } | undefined;
  readonly tls: {
    readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
    /** At least one; the first is the default. */
    readonly certificates: readonly CertificateFiles[];
    /** Absolute paths of what client certificates are checked against; `undefined`: none is asked for. */
    readonly clients: { readonly ca: string; readonly crl: string | undefined } | undefined;
  };
  /** `undefined`: the catalog came from `PORTCULLIS_*` variables with the rest. */
  readonly catalog: CatalogLocation | undefined;
  readonly limits: Limits;
  readonly drain: number;
  readonly audit: AuditConfig;
  /** `listen: undefined`: no admin listener. */
  readonly admin: { readonly listen: ListenAddress | undefined };
  readonly workers: number | 'auto';
  readonly log: { readonly level: (typeof LOG_LEVELS)[number] };
}

export type ParsedServerConfig =
  | { readonly config: ServerConfig; readonly warnings: readonly Problem[] }
  | { readonly problems: readonly Problem[] };

/** Reads portcullis.yaml: every problem at once, in reading order; the warnings are among them. */
export function parseServerConfig(text: string, surroundings: Surroundings): ParsedServerConfig {
  const { file, env } = surroundings;
  const read = YamlDocument.read(text, { file, maxBytes: MAX_SERVER_BYTES, changeText: fromVariables(env) });
  if ('problems' in read) return { problems: inReadingOrder(withShape(read, surroundings)) };
  const { document } = read;
  const later = laterInServer(document);
  const shape = checkShape(serverSchema(surroundings), document);
  if ('problems' in shape) return { problems: inReadingOrder([...shape.problems, ...later]) };
  const finished = finish(shape.value, surroundings.base);
  const problems = [...later, ...finished.problems.map(({ path, message }) => document.at(path, message))];
  if (hasErrors(problems)) return { problems: inReadingOrder(problems) };
  return { config: finished.config, warnings: inReadingOrder(problems) };
}

/** Also what is wrong beside values that could not be had, a missing variable's. */
function withShape({ problems, partly }: UnsoundYaml, surroundings: Surroundings): Problem[] {
  if (partly === undefined) return problems;
  const shape = checkShape(serverSchema(surroundings), partly);
  return besideFaults(problems, [...('problems' in shape ? shape.problems : []), ...laterInServer(partly)]);
}

/** What a gateway without portcullis.yaml goes by: these, and otherwise the defaults. */
export function serverConfigOf(
  listen: readonly string[],
  certificate: CertificateFiles,
  surroundings: Surroundings,
): ServerConfig {
  const written = serverSchema(surroundings).parse({
    listen: listen.map((address) => ({ address })),
    tls: { certificates: [certificate] },
    catalog: { file: 'none' },
  });
  return { ...finish(written, surroundings.base).config, catalog: undefined };
}

/** Puts variables in place of `${NAME}`. */
export function fromVariables(env: Env): TextChange {
  return (text) => {
    const result = substitute(text, env);
    return 'problem' in result ? result : { value: result.text };
  };
}

interface Finished {
  readonly config: ServerConfig;
  readonly problems: { readonly path: (string | number)[]; readonly message: string }[];
}

function finish(written: WrittenServerConfig, base: string): Finished {
  const { tls, limits, catalog } = written;
  const listen = written.listen.map(({ address, proxy_protocol }) => ({
    ...address,
    proxiedBy: proxy_protocol?.trusted,
  }));
  const keys = typeof catalog.key === 'string' ? parseKeyRing(catalog.key) : undefined;
  const audit = toAudit(written.audit, base);
  const problems = [...repeatedAddresses(listen), ...crlAlone(tls), ...audit.problems];
  if (keys !== undefined && 'problem' in keys)
    problems.push({ path: ['catalog', 'key'], message: keys.problem });
  const config: ServerConfig = {
    listen,
    public: written.public && {
      domain: written.public.domain,
      port: written.public.port ?? listen[0]?.port ?? 0,
    },
    tls: {
      minVersion: String(tls.min_version) === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
      certificates: tls.certificates.map(({ cert, key }) => ({
        cert: pathFrom(base, cert),
        key: pathFrom(base, key),
      })),
      clients: clientsOf(tls, base),
    },
    catalog: {
      file: pathFrom(base, catalog.file),
      base,
      keys: keys !== undefined && 'ring' in keys ? keys.ring : undefined,
      keyFile: typeof catalog.key === 'object' ? pathFrom(base, catalog.key.file) : undefined,
      clientCa: tls.client_ca !== undefined,
    },
    limits: toLimits(limits),
    drain: written.drain,
    audit: audit.config,
    admin: { listen: written.admin.listen },
    workers: written.workers,
    log: written.log,
  };
  return { config, problems };
}

function clientsOf(
  { client_ca, client_crl }: WrittenServerConfig['tls'],
  base: string,
): ServerConfig['tls']['clients'] {
  if (client_ca === undefined) return undefined;
  return {
    ca: pathFrom(base, client_ca),
    crl: client_crl === undefined ? undefined : pathFrom(base, client_crl),
  };
}

function crlAlone({ client_ca, client_crl }: WrittenServerConfig['tls']): Finished['problems'] {
  if (client_crl === undefined || client_ca !== undefined) return [];
  return [
    {
      path: ['tls', 'client_crl'],
      message: 'a revocation list without tls.client_ca revokes nothing: add client_ca',
    },
  ];
}

function repeatedAddresses(listen: readonly ListenAddress[]): Finished['problems'] {
  const seen = new Set<string>();
  return listen.flatMap(({ host, port }, index) => {
    const address = `${host}:${port}`;
    const again = port !== 0 && seen.has(address);
    seen.add(address);
    return again
      ? [{ path: ['listen', index, 'address'], message: 'this address stands here twice: remove one' }]
      : [];
  });
}
