import { readFileSync } from 'node:fs';
import t from 'tap';
import {
  catalogJsonSchema,
  formatJsonSchema,
  type JsonSchema,
  serverJsonSchema,
} from '../../src/config/json-schema.ts';
import { keyPaths } from './key-paths.ts';

function file(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

t.test('The JSON Schemas in config/ are those of the code.', async (t) => {
  const mend = 'run `npm run schemas`';
  t.equal(file('config/portcullis.schema.json'), formatJsonSchema(serverJsonSchema()), mend);
  t.equal(file('config/catalog.schema.json'), formatJsonSchema(catalogJsonSchema()), mend);
});

t.test('Editors learn of every key, its default and that no other is allowed.', async (t) => {
  t.match(serverJsonSchema(), {
    additionalProperties: false,
    required: ['tls', 'catalog'],
    properties: { drain: { type: 'string', default: '8s', description: /gateway stops/ } },
  });
  const { drain, log } = serverJsonSchema().properties ?? {};
  t.match(drain, { type: 'string' });
  t.match(log, { properties: { level: { default: 'info', anyOf: [{ enum: /./ }, { pattern: /\{/ }] } } });
});

t.test('A path leads to every key, through lists and choices.', async (t) => {
  t.strictSame(
    keyPaths({
      properties: {
        a: { items: { properties: { b: true } } },
        c: { anyOf: [{ type: 'string' }, { properties: { d: {} } }] },
      },
    }),
    ['a', 'a[].b', 'c', 'c.d'],
  );
});

interface Documented {
  readonly fallback: string;
}

/** The tables of docs/configuration.md: a heading in backticks, then a row for each key. */
function documentedKeys(): Map<string, Documented> {
  const keys = new Map<string, Documented>();
  let prefix: string | undefined;
  for (const line of file('docs/configuration.md').split('\n')) {
    const heading = /^##+ (?:`([^`]+)`)?/.exec(line);
    if (heading !== null) prefix = heading[1]?.replace(/^\(.*\)$/, '');
    const [, key, fallback] = /^\| `([a-z0-9_]+)` *\| (.*?) *\|/.exec(line) ?? [];
    if (prefix === undefined || key === undefined) continue;
    keys.set(prefix === '' ? key : `${prefix}.${key}`, { fallback: fallback ?? '' });
  }
  return keys;
}

/** What the schema says of a key: `required`, its default where that is a single value, or nothing. */
function fallbackIn(schema: JsonSchema, path: string): string | undefined {
  let at: JsonSchema = schema;
  let required = false;
  for (const step of path.split('.')) {
    const key = step.replace('[]', '');
    const next = at.properties?.[key];
    if (typeof next !== 'object') return undefined;
    required = at.required?.includes(key) === true;
    at =
      step.endsWith('[]') && typeof next.items === 'object' && !Array.isArray(next.items) ? next.items : next;
  }
  if (required) return 'required';
  const single = ['string', 'number', 'boolean'].includes(typeof at.default);
  return single ? `\`${String(at.default)}\`` : undefined;
}

t.test('docs/configuration.md has every key of both files, with its default, and no other.', async (t) => {
  const documented = documentedKeys();
  // `{file: path}` is explained once for all values that may be one.
  const paths = (schema: JsonSchema) =>
    keyPaths(schema).filter((path) => !/(key|password)\.file$/.test(path));
  const [server, catalog] = [serverJsonSchema(), catalogJsonSchema()];
  t.strictSame([...documented.keys()].sort(), [...paths(server), ...paths(catalog)].sort());
  for (const schema of [server, catalog]) {
    for (const path of paths(schema)) {
      const fallback = fallbackIn(schema, path);
      if (fallback !== undefined) t.equal(documented.get(path)?.fallback, fallback, path);
    }
  }
});

t.test('docs/configuration.md has every variable.', async (t) => {
  const { VARIABLES, variableName } = await import('../../src/config/variables.ts');
  for (const variable of VARIABLES)
    t.match(file('docs/configuration.md'), `| \`${variableName(variable)}\` `);
});
