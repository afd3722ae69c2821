import { z } from 'zod';
import { catalogSchema } from './catalog-schema.ts';
import { serverSchema } from './server-schema.ts';
import type { CatalogSurroundings } from './surroundings.ts';

/** Schemas are asked for their shape only: nothing is read. */
const NOWHERE: CatalogSurroundings = {
  file: '',
  base: '/',
  env: {},
  readFile: () => ({ problem: 'not read' }),
  unseal: () => ({ problem: 'not opened' }),
};

/** A text that holds `${NAME}`, which may stand for any single value. */
const VARIABLE = { type: 'string', pattern: '\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}' } as const;

type JsonSchema = z.core.JSONSchema.BaseSchema;

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

/**
 * The keys of a schema as paths, `listen[].address`, each once and in the schema's order. Keys that users
 * choose, as in `upstream.database`, have no path of their own.
 */
export function keyPaths(schema: JsonSchema, prefix = ''): string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    return [path, ...keyPaths(asSchema(value), path)];
  });
  const items = Array.isArray(schema.items) || schema.items === undefined ? [] : [asSchema(schema.items)];
  const inItems = items.flatMap((item) => keyPaths(item, `${prefix}[]`));
  const choices = (schema.anyOf ?? []).flatMap((choice) => keyPaths(asSchema(choice), prefix));
  return [...new Set([...own, ...inItems, ...choices])];
}

function asSchema(schema: JsonSchema | boolean): JsonSchema {
  return typeof schema === 'boolean' ? {} : schema;
}
