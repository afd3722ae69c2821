import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ListenAddress } from '../net/listener.ts';
import { unless } from '../store/system-error.ts';
import { writeFileAtomic } from '../store/write-file.ts';

const PUBLIC = 0o644;

/** The ordinary files in `--dir`. They may be edited; `portcullis start --config` runs on them as well. */
export interface DevPaths {
  readonly config: string;
  readonly catalog: string;
  readonly catalogKey: string;
  readonly certs: string;
  readonly login: string;
  readonly ignore: string;
}

export function devPaths(dir: string): DevPaths {
  return {
    config: join(dir, 'portcullis.yaml'),
    catalog: join(dir, 'catalog.yaml'),
    catalogKey: join(dir, 'catalog.key'),
    certs: join(dir, 'certs'),
    login: join(dir, 'credentials.json'),
    ignore: join(dir, '.gitignore'),
  };
}

export async function readIfThere(path: string): Promise<string | undefined> {
  return await unless(['ENOENT'], readFile(path, 'utf8'));
}

async function exists(path: string): Promise<boolean> {
  return (
    (await unless(
      ['ENOENT'],
      access(path).then(() => true),
    )) ?? false
  );
}

/** portcullis.yaml as a person would write it, where there is none yet. */
export async function ensureConfig(paths: DevPaths, listen: readonly ListenAddress[]): Promise<void> {
  if (await exists(paths.config)) return;
  const addresses = listen.map((address) => `  - address: "${written(address)}"\n`).join('');
  const text = `# Made by \`portcullis dev\`; yours to edit. \`portcullis start --config\` runs on it too.
listen:
${addresses}tls:
  certificates: [{ cert: certs/server.crt, key: certs/server.key }]
catalog:
  file: catalog.yaml
  key: { file: catalog.key }
limits:
  failed_logins: { exempt: [127.0.0.0/8, "::1"] }
drain: 0s
audit: { dir: audit, signing_key: { file: audit.key } }
admin: { listen: off }
`;
  await writeFileAtomic(paths.config, text, PUBLIC);
}

/** Everything in the folder is this machine's alone. */
export async function ensureIgnore(paths: DevPaths): Promise<void> {
  if (!(await exists(paths.ignore))) await writeFile(paths.ignore, '*\n');
}

function written({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
