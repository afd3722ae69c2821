import { z } from 'zod';
import { catalogSchema } from './catalog-schema.ts';
import { serverSchema } from './server-schema.ts';
import type { CatalogSurroundings } from './surroundings.ts';

/** Schemas are asked for their shape only: nothing is read. */
const NOWHERE: CatalogSurroundings = {
  file: '',
  base: '/',
  clientCa: false,
  env: {},
  readFile: () => ({ problem: 'not read' }),
  unseal: () => ({ problem: 'not opened' }),
};

/** A text that holds `${NAME}`, which may stand for any single value. */
const VARIABLE = { type: 'string', pattern: '\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}' } as const;

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** portcullis.yaml, for editors (JSON Schema, draft 7). */
export function serverJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(serverSchema(NOWHERE), {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => {
      const { enum: words, const: word, pattern } = jsonSchema;
      if (words === undefined && word === undefined && pattern === undefined) return;
      const { description, default: fallback, ...rule } = jsonSchema;
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
      Object.assign(jsonSchema, {
        ...(description !== undefined && { description }),
        ...(fallback !== undefined && { default: fallback }),
        anyOf: [rule, VARIABLE],
      });
    },
  });
  return { title: 'portcullis.yaml', ...schema };
}

/** catalog.yaml, for editors (JSON Schema, draft 7). */
export function catalogJsonSchema(): JsonSchema {
  return {
    title: 'catalog.yaml',
    ...z.toJSONSchema(catalogSchema(NOWHERE), { io: 'input', target: 'draft-7' }),
  };
}

/** The text of a schema's file. */
export function formatJsonSchema(schema: JsonSchema): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}
