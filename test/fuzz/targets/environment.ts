import { ok } from 'node:assert/strict';
import { CatalogSnapshot } from '../../../src/catalog/snapshot.ts';
import { configFromEnvironment } from '../../../src/config/environment.ts';
import type { Target } from '../target.ts';
import { CANARY, checkMessage, surroundings } from './configurations.ts';

/** A sidecar's variables, a line `NAME=value` each, names without `PORTCULLIS_`. */
export const environment: Target = {
  maxLength: 8192,
  floorMs: 200,
  batch: 200,
  run(input) {
    const env = variablesIn(input.toString('utf8'));
    const parsed = configFromEnvironment({ ...surroundings, env });
    const told = 'problems' in parsed ? parsed.problems : parsed.warnings;
    const hidden = isHidden(env);
    for (const { message } of told) checkMessage(hidden ? message : message.replaceAll(CANARY, '…'));
    if ('problems' in parsed)
      return ok(
        told.some(({ severity }) => severity === 'error'),
        'refused without an error',
      );
    const { config, projects, hostnames } = parsed.sidecar;
    ok(config.listen.length > 0 && config.tls.certificates.length === 1);
    ok(hostnames === undefined || hostnames.every((name) => name !== ''));
    const snapshot = new CatalogSnapshot(projects);
    const main = snapshot.defaultBranch;
    ok(main !== undefined && main.branch.authQuery?.role !== '');
    if (env['PORTCULLIS_ALLOWED_IPS']?.trim() === '') {
      ok(snapshot.allowlistOf(main.project, main.branch)?.admitsNobody === true, 'blank admits somebody');
    }
  },
};

function variablesIn(text: string): Record<string, string> {
  const pairs = text.split('\n').map((line): [string, string] => {
    const end = line.indexOf('=');
    return end < 0 ? [line, ''] : [line.slice(0, end), line.slice(end + 1)];
  });
  return Object.fromEntries(pairs.map(([name, value]) => [`PORTCULLIS_${name}`, value]));
}

/** Whether the secret is where it belongs, in the URL: parameters behind a `?` are told by their names. */
function isHidden({ PORTCULLIS_UPSTREAM: url = '', ...others }: Readonly<Record<string, string>>): boolean {
  const elsewhere = [...Object.entries(others).flat(), url.slice(url.indexOf('?') + 1 || url.length)];
  return !elsewhere.some((text) => text.includes(CANARY));
}
