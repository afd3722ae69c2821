import type { JsonSchema } from '../../src/config/json-schema.ts';

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
