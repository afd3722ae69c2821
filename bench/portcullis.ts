import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeGatewayFolder } from '../test/support/gateway.ts';
import { CLONE, logLines } from '../test/support/portcullis.ts';
import type { Candidate, Upstream } from './candidate.ts';
import { Program } from './program.ts';
import { ROLE, type Stage } from './stage.ts';

/** The endpoint of a branch that admits nobody who is here. */
export const CLOSED_ENDPOINT = 'ep-closed';

/** As the image sets it (Dockerfile). */
const AS_IN_THE_IMAGE = ['--max-semi-space-size=8'];
const OPAQUE = new URL('opaque.ts', import.meta.url).href;

interface GatewayWish {
  /** Options of Node's. */
  readonly node?: readonly string[];
  /** Folder of the clone that is run instead of this one. */
  readonly before?: string | undefined;
  /** Runs on Bun, and not on the Node that runs this. */
  readonly onBun?: boolean;
  /** Whether it passes bytes without following frames. */
  readonly opaque?: boolean;
}

/**
 * `portcullis start` as in production, defaults throughout: allowlist, channel binding, audit trail, metrics, rules
 * for passwords in SQL.
 */
export async function startGatewayProgram(
  stage: Stage,
  upstream: Upstream,
  { node = [], before, onBun = false, opaque = false }: GatewayWish = {},
): Promise<Candidate> {
  const branch = (name: string, ips: readonly string[]) => ({
    id: `br-${name}`,
    name,
    default: name === 'main',
    allowed_ips: { ips },
    endpoints: [{ id: `ep-${name}` }],
    upstream: {
      host: upstream.socketDir,
      port: upstream.port,
      ...(!upstream.asksProof && { require_auth: ['none'] }),
    },
    roles: [{ name: ROLE, verifier: stage.verifier }],
  });
  const branches = [branch('main', ['10.0.0.0/8', '127.0.0.1']), branch('closed', ['203.0.113.0/24'])];
  const dir = await makeGatewayFolder(stage, {
    projects: [{ id: 'shop', branches }],
    certificate: stage.certificate,
  });
  const log = join(dir, 'portcullis.log');
  const program = new Program(stage, process.execPath, {
    args: [
      ...(before === undefined && !onBun ? AS_IN_THE_IMAGE : []),
      ...(opaque ? ['--import', OPAQUE] : []),
      ...node,
      join(before ?? CLONE, 'bin/portcullis.cjs'),
      'start',
      '--dir',
      dir,
    ],
    log,
    env: { PORTCULLIS_RUNTIME: onBun ? 'bun' : 'node' },
  });
  const port = await program.until('the gateway', async () => {
    const ready = logLines(await readFile(log, 'utf8')).find(({ msg }) => msg === 'ready');
    const [first] = Array.isArray(ready?.['ports']) ? ready['ports'] : [];
    return first === undefined ? undefined : Number(first);
  });
  const ours = onBun ? 'portcullis-bun' : opaque ? 'portcullis-opaque' : 'portcullis';
  return {
    name: before === undefined ? ours : 'portcullis-before',
    port,
    pid: program.pid,
    binds: true,
    stop: () => program.stop(),
  };
}
