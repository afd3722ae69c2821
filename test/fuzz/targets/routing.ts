import { deepEqual, equal } from 'node:assert/strict';
import { CatalogSnapshot } from '../../../src/catalog/snapshot.ts';
import { splitOptions, takeEndpoints } from '../../../src/routing/options.ts';
import { wantsReplication } from '../../../src/routing/replication.ts';
import { findRoute } from '../../../src/routing/route.ts';
import { endpointOfSni } from '../../../src/routing/sni.ts';
import { aBranch, aProject } from '../../catalog/a-catalog.ts';
import type { Target } from '../target.ts';

const catalog = new CatalogSnapshot([
  aProject('shop', [
    aBranch('br-main', { endpoints: ['ep-main'], isDefault: true }),
    aBranch('br-other', { endpoints: ['ep-other'] }),
  ]),
]);

/** Where a client wants to go: the first line is the TLS server name, the rest the startup parameter `options`. */
export const routing: Target = {
  maxLength: 10_000,
  floorMs: 50,
  run(input) {
    const text = input.toString('utf8');
    const end = text.indexOf('\n');
    const servername = end < 0 ? undefined : text.slice(0, end);
    const options = text.slice(end + 1);
    equal(endpointOfSni(servername), labelOf(servername));
    checkOptions(options);
    checkRoute(servername, options);
    equal(wantsReplication(options), !isFalse(options));
  },
};

function checkOptions(options: string): void {
  const words = splitAsPostgres(options);
  deepEqual(
    [...splitOptions(options)].map(({ text }) => text),
    words,
  );
  const { endpoints, remaining } = takeEndpoints(options);
  const ours = words.filter((word) => word.startsWith('endpoint='));
  deepEqual(endpoints, [...new Set(ours.map((word) => lower(word.slice('endpoint='.length))))]);
  deepEqual(
    splitAsPostgres(remaining ?? ''),
    words.filter((word) => !ours.includes(word)),
  );
  if (ours.length === 0) equal(remaining, options);
}

/** A client gets to the one branch that it named everywhere, to the default one if it named none. */
function checkRoute(servername: string | undefined, options: string): void {
  const named = new Set(takeEndpoints(options).endpoints);
  const label = labelOf(servername);
  if (label !== undefined) named.add(label);
  const [only = 'ep-main'] = named;
  const route = findRoute(catalog, { servername, options });
  if (named.size > 1) equal(route.kind, 'disagree');
  else if (only === '') equal(route.kind, 'unspecified');
  else if (route.kind === 'route') equal(route.branch.endpoints[0], only);
  else
    equal(
      route.kind === 'unknown-endpoint' && route.endpoint,
      ['ep-main', 'ep-other'].includes(only) || only,
    );
}

/** pg_split_opts of src/backend/utils/init/postinit.c, as it stands there. */
function splitAsPostgres(options: string): string[] {
  const words: string[] = [];
  const isSpace = (char: string): boolean => /^[ \t\n\v\f\r]$/.test(char);
  let at = 0;
  for (;;) {
    while (isSpace(options.charAt(at))) at += 1;
    if (at >= options.length) return words;
    let word = '';
    let lastWasEscape = false;
    for (; at < options.length; at += 1) {
      const char = options.charAt(at);
      if (isSpace(char) && !lastWasEscape) break;
      if (!lastWasEscape && char === '\\') lastWasEscape = true;
      else {
        lastWasEscape = false;
        word += char;
      }
    }
    words.push(word);
  }
}

/** The first label of a host name of at most 253 characters, where it is an endpoint's. */
function labelOf(servername: string | undefined): string | undefined {
  const name = servername?.replace(/\.$/, '');
  const labels = name?.split('.') ?? [];
  const good = labels.every(
    (label) => label.length > 0 && label.length < 64 && /^[A-Za-z0-9_-]*$/.test(label),
  );
  const first = lower(labels[0] ?? '');
  return good && name !== undefined && name.length <= 253 && /^ep-./.test(first) ? first : undefined;
}

function lower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** parse_bool of src/backend/utils/adt/bool.c. */
function isFalse(text: string): boolean {
  const word = lower(text);
  const prefix = (of: string, least = 1): boolean => word.length >= least && of.startsWith(word);
  return prefix('false') || prefix('no') || prefix('off', 2) || word === '0';
}
