import { parseCatalog } from '../../src/config/catalog-config.ts';
import { formatProblem, type Problem } from '../../src/config/problem.ts';
import { parseServerConfig, type ServerConfig } from '../../src/config/server-config.ts';
import type { CatalogSurroundings } from '../../src/config/surroundings.ts';
import { formatVerifier } from '../../src/scram/verifier.ts';

/** A key line of 32 zero bytes. */
export const KEY_LINE = `k1:${'A'.repeat(43)}=\n`;

/** A certificate that node:crypto can read; nobody has its key any more. */
export const CA_PEM = `-----BEGIN CERTIFICATE-----
MIIBcDCCARegAwIBAgIUAdcBpowrXDnM6TwsfpX+gFSDpKwwCgYIKoZIzj0EAwIw
DTELMAkGA1UEAwwCY2EwIBcNMjYxMTIzMTUzNzQzWhgPMjEyNjEwMzAxNTM3NDNa
MA0xCzAJBgNVBAMMAmNhMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEKNewFfYY
c55p3mckHwutyp0iblH+S5LJmPH84GdiB844S+6X02QavX9W/Vs15Bv6cx1LM7EK
cusnQVFCwoU7nqNTMFEwHQYDVR0OBBYEFD4yRmjf5P/NxTVPST8V2Oc7exfwMB8G
A1UdIwQYMBaAFD4yRmjf5P/NxTVPST8V2Oc7exfwMA8GA1UdEwEB/wQFMAMBAf8w
CgYIKoZIzj0EAwIDRwAwRAIgRX7kUMxMKMXfwdhQMha0am19bZUzGbp1lerzTw5a
Ws0CIGGgypoG0aoWbRDujV8en3UHmdnKPYYmbeTedS6LtYtd
-----END CERTIFICATE-----
`;

/** Files by absolute path, variables by name. */
export interface Outside {
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether portcullis.yaml has `tls.client_ca`; default: it has not. */
  readonly clientCa?: boolean;
}

export function surroundings({ files = {}, env = {}, clientCa = false }: Outside = {}): CatalogSurroundings {
  return {
    file: 'f.yaml',
    base: '/srv',
    clientCa,
    env,
    readFile: (path) => {
      const text = files[path];
      return text === undefined ? { problem: 'no such file' } : { text };
    },
    unseal: (sealed) => (sealed === 'sealed:v1:good' ? { text: 'opened' } : { problem: 'does not open' }),
  };
}

/** The problems of a portcullis.yaml as they are printed; a good one's warnings. */
export function serverProblems(text: string, outside?: Outside): string[] {
  const parsed = parseServerConfig(text, surroundings(outside));
  return print('problems' in parsed ? parsed.problems : parsed.warnings);
}

/** @throws where the text has problems. */
export function serverConfig(text: string, outside?: Outside): ServerConfig {
  const parsed = parseServerConfig(text, surroundings(outside));
  if ('problems' in parsed) throw new Error(print(parsed.problems).join('\n'));
  return parsed.config;
}

/** The problems of a catalog.yaml as they are printed; a good one's warnings. */
export function catalogProblems(text: string, outside?: Outside): string[] {
  const parsed = parseCatalog(text, surroundings(outside));
  return print('problems' in parsed ? parsed.problems : parsed.warnings);
}

/** @throws where the text has problems. */
export function catalogProjects(text: string, outside?: Outside) {
  const parsed = parseCatalog(text, surroundings(outside));
  if ('problems' in parsed) throw new Error(print(parsed.problems).join('\n'));
  return parsed.projects;
}

export function print(problems: readonly Problem[]): string[] {
  return problems.map(formatProblem);
}

/** A verifier of no password. */
export function verifierText(iterations = 4096, saltLength = 16): string {
  return formatVerifier({
    iterations,
    salt: Buffer.alloc(saltLength, 1),
    storedKey: Buffer.alloc(32, 2),
    serverKey: Buffer.alloc(32, 3),
  });
}
