import { writeFileSync } from 'node:fs';
import { catalogJsonSchema, formatJsonSchema, serverJsonSchema } from '../../src/config/json-schema.ts';

/** Writes config/*.schema.json anew: `npm run schemas`. */
const folder = new URL('../../config/', import.meta.url);
writeFileSync(new URL('portcullis.schema.json', folder), formatJsonSchema(serverJsonSchema()));
writeFileSync(new URL('catalog.schema.json', folder), formatJsonSchema(catalogJsonSchema()));
