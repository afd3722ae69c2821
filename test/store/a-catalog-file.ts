import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import type { CatalogLocation } from '../../src/config/server-config.ts';

export interface CatalogParts {
  readonly text?: string;
  readonly key?: string;
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
  { text = catalogText(), key }: CatalogParts = {},
): CatalogLocation {
  const base = test.testdir({ 'catalog.yaml': text, ...(key !== undefined && { 'catalog.key': key }) });
  const file = join(base, 'catalog.yaml');
  chmodSync(file, 0o600);
  const keyFile = key === undefined ? undefined : join(base, 'catalog.key');
  return { file, base, keys: undefined, keyFile, clientCa: false };
}
