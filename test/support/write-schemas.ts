import { readFileSync, writeFileSync } from 'node:fs';
import { catalogJsonSchema, formatJsonSchema, serverJsonSchema } from '../../src/config/json-schema.ts';
import { auditExamples, withExamples } from './audit-examples.ts';

/** Writes config/*.schema.json and the examples of docs/audit.md anew: `npm run schemas`. */
const folder = new URL('../../config/', import.meta.url);
writeFileSync(new URL('portcullis.schema.json', folder), formatJsonSchema(serverJsonSchema()));
writeFileSync(new URL('catalog.schema.json', folder), formatJsonSchema(catalogJsonSchema()));

const page = new URL('../../docs/audit.md', import.meta.url);
writeFileSync(page, withExamples(readFileSync(page, 'utf8'), auditExamples()));
