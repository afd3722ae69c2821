import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeGatewayFolder } from '../test/support/gateway.ts';
import { CLONE, logLines } from '../test/support/portcullis.ts';
import type { Candidate, CandidateName, Upstream } from './candidate.ts';
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
  /** Processes that serve; one unless said. */
  readonly workers?: number;
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
  { node = [], before, onBun = false, opaque = false, workers = 1 }: GatewayWish = {},
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
    config: { workers },
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
  return {
    name: nameOf({ before, onBun, opaque, workers }),
    port,
    pid: program.pid,
    binds: true,
    stop: () => program.stop(),
  };
}

function nameOf({ before, onBun, opaque, workers }: GatewayWish): CandidateName {
  if (before !== undefined) return workers === 2 ? 'portcullis-two-before' : 'portcullis-before';
  if (onBun === true) return 'portcullis-bun';
  if (opaque === true) return 'portcullis-opaque';
  return workers === 2 ? 'portcullis-two' : 'portcullis';
}
