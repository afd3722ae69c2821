import { z } from 'zod';
import { Secret } from '../catalog/secret.ts';
import { CertificateError } from '../certificates/error.ts';
import { parseCertificate, splitCertificates } from '../certificates/pem.ts';
import { parseVerifier } from '../scram/verifier.ts';
import { pathFrom } from './base-folder.ts';
import { parsed } from './fields.ts';
import { isHost } from './listen-address.ts';
import { quoted } from './problem.ts';
import { isSealed } from './sealed.ts';
import { wholeVariable } from './substitution.ts';
import type { CatalogSurroundings, Surroundings } from './surroundings.ts';
import { textOrFile } from './text-or-file.ts';

/** libpq's word for the authorities that come with the system, here with the runtime. */
const SYSTEM_ROOTS = 'system';

/** For the descriptions of secrets. */
export const SECRET_FORMS = `sealed, as "\${NAME}" or as {file: path}`;

const NOT_A_VERIFIER =
  'must be a verifier as PostgreSQL writes it, SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>';

/** Never quotes the text: it may be a password in the wrong place. */
export function verifier() {
  return parsed((written) => {
    const value = parseVerifier(written);
    return value === undefined ? { problem: NOT_A_VERIFIER } : { value };
  }, NOT_A_VERIFIER);
}

/** A secret that is at hand, or one that is opened for its owner (`CatalogSecrets`). */
export type WrittenSecret = Secret | 'sealed';

/** A password, never as plain text in the catalog: sealed, a variable's value, or a file's text. */
export function secret(surroundings: CatalogSurroundings) {
  return textOrFile(surroundings).transform((written, context): WrittenSecret => {
    if (written.file === undefined && isSealed(written.text)) return 'sealed';
    const opened = written.file === undefined ? reveal(written.text, surroundings) : written;
    if ('problem' in opened) context.addIssue({ code: 'custom', message: opened.problem });
    else if (opened.text === '') context.addIssue({ code: 'custom', message: 'must not be empty' });
    else return new Secret(opened.text);
    return z.NEVER;
  });
}

function reveal(text: string, { env }: CatalogSurroundings) {
  const variable = wholeVariable(text, env);
  if (variable !== undefined) return variable;
  return {
    problem: `must not be plain text: seal it (roles set-upstream, keys seal), or write "\${NAME}" or {file: path}`,
  };
}

/** A file of authorities, as its PEM text; `pem: undefined` for the runtime's own. */
export function rootCertificates(surroundings: Surroundings) {
  return parsed((path): { value: { pem: string | undefined } } | { problem: string } => {
    if (path === SYSTEM_ROOTS) return { value: { pem: undefined } };
    const read = surroundings.readFile(pathFrom(surroundings.base, path));
    const problem = 'problem' in read ? read.problem : pemProblem(read.text);
    if (problem !== undefined || !('text' in read)) return { problem: `${quoted(path)}: ${problem}` };
    return { value: { pem: read.text } };
  });
}

function pemProblem(text: string): string | undefined {
  try {
    for (const block of splitCertificates(text)) parseCertificate(block);
    return undefined;
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    return error.message;
  }
}

/** A host, or the folder of a Unix socket where it begins with `/` (libpq, 34.1.2 `host`). */
export function upstreamHost() {
  return parsed((host) => {
    if (host.startsWith('/') || isHost(host)) return { value: host };
    return {
      problem: `${quoted(host)} is not a host name, an address or a socket's folder: write one of these`,
    };
  });
}
