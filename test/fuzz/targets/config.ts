import { ok } from 'node:assert/strict';
import { allowlistFrom } from '../../../src/allowlist/entries.ts';
import { parseServerConfig } from '../../../src/config/server-config.ts';
import type { Target } from '../target.ts';
import { checkMessages, checkProblems, surroundings, YAML_SEEDS } from './configurations.ts';

/** Here a variable may stand anywhere, and what it holds is told where it is wrong; a file's text never is. */
const ownSurroundings = { ...surroundings, env: { ...surroundings.env, SECRET: 'wrong' } };

/** portcullis.yaml: a configuration that can be used, or problems that say where. */
export const config: Target = {
  maxLength: 32_768,
  // A file of this size may take some hundred ms, on a busy machine more.
  floorMs: 2000,
  batch: 200,
  seeds: YAML_SEEDS,
  run(input) {
    const text = input.toString('utf8');
    const parsed = parseServerConfig(text, ownSurroundings);
    if ('problems' in parsed) return checkProblems(parsed.problems, text);
    checkMessages(parsed.warnings, text);
    const { listen, tls, limits } = parsed.config;
    ok(listen.length > 0 && tls.certificates.length > 0);
    ok(tls.certificates.every(({ cert, key }) => cert.startsWith('/') && key.startsWith('/')));
    for (const { proxiedBy } of listen) allowlistFrom(proxiedBy ?? [], 'a listener');
    allowlistFrom(limits.failedLogins.exempt, 'exempt');
    for (const { host, port } of listen)
      ok(host !== '' && Number.isInteger(port) && port >= 0 && port < 65_536);
    ok(limits.handshakeTimeout >= 1000 && Number.isInteger(limits.maxConnections));
  },
};
