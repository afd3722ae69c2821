import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import type { CatalogState } from '../../src/catalog/find.ts';
import { formatLogin } from '../../src/config/login-text.ts';
import type { CatalogLocation } from '../../src/config/server-config.ts';

export interface CatalogParts {
  readonly text?: string;
  readonly key?: string;
  /** Beside it, by their names. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A catalog of one branch `main`; `password` is YAML. */
export function catalogText({
  endpoint = 'ep-main',
  password,
}: {
  endpoint?: string;
  password?: string;
} = {}): string {
  const upstream = password === undefined ? '' : `, upstream: { password: ${password} }`;
  return `projects:
- id: p
  branches:
  - id: br-main
    name: main
    default: true
    endpoints: [{ id: ${endpoint} }]
    upstream: { host: db }
    roles: [{ name: app, no_login: true${upstream} }]
`;
}

interface Folder {
  testdir(content: Record<string, string>): string;
}

/** Writes a catalog, and its key file where there is one, into the test's folder. */
export function aCatalogFile(
  test: Folder,
  { text = catalogText(), key, files = {} }: CatalogParts = {},
): CatalogLocation {
  const base = test.testdir({
    ...files,
    'catalog.yaml': text,
    ...(key !== undefined && { 'catalog.key': key }),
  });
  const file = join(base, 'catalog.yaml');
  chmodSync(file, 0o600);
  const keyFile = key === undefined ? undefined : join(base, 'catalog.key');
  if (keyFile !== undefined) chmodSync(keyFile, 0o600);
  return { file, base, keys: undefined, keyFile, clientCa: false };
}

/** What the first role of the first branch logs in with upstream, in the open. */
export function firstLogin(state: CatalogState): string | undefined {
  const login = state[0]?.branches[0]?.roles[0]?.upstream.login;
  return login && formatLogin(login);
}
