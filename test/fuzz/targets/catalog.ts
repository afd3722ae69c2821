import { equal, ok } from 'node:assert/strict';
import { CatalogSnapshot } from '../../../src/catalog/snapshot.ts';
import { parseCatalog } from '../../../src/config/catalog-config.ts';
import type { Target } from '../target.ts';
import { checkMessages, checkProblems, surroundings, YAML_SEEDS } from './configurations.ts';

/** catalog.yaml: projects that connections can be judged by, or problems that say where. */
export const catalog: Target = {
  maxLength: 32_768,
  // A file of this size may take some hundred ms, on a busy machine more.
  floorMs: 2000,
  batch: 200,
  seeds: YAML_SEEDS,
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
