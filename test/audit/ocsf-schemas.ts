import { existsSync, readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { link, newChain } from '../../src/audit/chain.ts';
import type { AuditEvent } from '../../src/audit/events.ts';
import { NOON } from '../support/audit-events.ts';

const SCHEMAS = new URL('../../../shared/ocsf/', import.meta.url);
export const CLASSES = new Map([
  [4001, 'network_activity'],
  [3002, 'authentication'],
  [6005, 'datastore_activity'],
  [3001, 'account_change'],
  [3004, 'entity_management'],
  [6002, 'application_lifecycle'],
  [6003, 'api_activity'],
  [1008, 'event_log_activity'],
]);
export const UID = '0190a000-0000-7000-8000-000000000001';
export const HEAD = newChain('5a0c9d5e-1111-4222-8333-444455556666', 'ab'.repeat(32));

/** The line as the trail has it, read back. */
export function written(event: AuditEvent) {
  return JSON.parse(link(event, { time: NOON, uid: UID }, HEAD).line);
}

function validators(): Map<number, ValidateFunction> {
  // Making validators fast takes longer than they are used for.
  const ajv = new Ajv2020({ strict: false, validateSchema: false, code: { optimize: false } });
  return new Map(
    [...CLASSES].map(([uid, name]) => {
      const schema = JSON.parse(readFileSync(new URL(`${name}.schema.json`, SCHEMAS), 'utf8'));
      return [uid, ajv.compile(schema)];
    }),
  );
}

export const schemas = existsSync(SCHEMAS) ? validators() : undefined;
export const without = schemas === undefined && 'the schemas of OCSF 1.8.0 are not here';

/** What is wrong with a record by its class's schema. */
export function problems(record: { class_uid: number }): unknown {
  const validate = schemas?.get(record.class_uid);
  if (validate === undefined) return 'there is no schema of this class';
  return validate(record) ? [] : validate.errors;
}
