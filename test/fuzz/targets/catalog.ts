import { equal, ok } from 'node:assert/strict';
import { CatalogSnapshot } from '../../../src/catalog/snapshot.ts';
import { parseCatalog } from '../../../src/config/catalog-config.ts';
import type { Target } from '../target.ts';
import { checkMessages, checkProblems, surroundings, YAML_SEEDS, YAML_WORDS } from './configurations.ts';

/** catalog.yaml: projects that connections can be judged by, or problems that say where. */
export const catalog: Target = {
  maxLength: 32_768,
  // Parsing YAML takes about a second a MiB.
  floorMs: 500,
  batch: 200,
  seeds: YAML_SEEDS,
  words: [
    ...YAML_WORDS,
    ...['projects', 'id', 'name', 'settings', 'allowed_ips', 'ips', 'protected_branches_only', 'branches', 'default: true'],
    ...['protected', 'parent_id', 'endpoints', 'upstream', 'host', 'port', 'sslmode', 'sslrootcert', 'database', 'roles'],
    ...['require_auth', 'channel_binding', 'verifier', 'no_login: true', 'auth_query', 'query', 'password', 'replication'],
    ...['scram_iterations', 'connection_limit', 'idle_session_timeout', 'max_session_age', 'sql', 'cluster', 'verify-full'],
    ...['br-main-1', 'br-dev-1', 'ep-main-1', 'ep-dev-1', 'app', '/var/run/postgresql', 'system', 'disable', 'sealed:v1:k1:'],
  ],
  run(input) {
    const text = input.toString('utf8');
    const parsed = parseCatalog(text, surroundings);
    if ('problems' in parsed) return checkProblems(parsed.problems, text);
    checkMessages(parsed.warnings, text);
    const snapshot = new CatalogSnapshot(parsed.projects);
    for (const project of snapshot.projects) {
      equal(project.branches.filter(({ isDefault }) => isDefault).length, 1);
      for (const branch of project.branches) {
        for (const endpoint of branch.endpoints) equal(snapshot.findEndpoint(endpoint)?.branch, branch);
        snapshot.allowlistOf(project, branch);
        ok(branch.roles.every(({ name }) => Buffer.byteLength(name) <= 63 && !name.includes('\0')));
      }
    }
  },
};
