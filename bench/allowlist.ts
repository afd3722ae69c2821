import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Address, parseAddress } from '../src/allowlist/address.ts';
import { Audit } from '../src/app/audit.ts';
import type { CatalogSnapshot } from '../src/catalog/snapshot.ts';
import { createLogger } from '../src/observe/logger.ts';
import { watchCatalog } from '../src/store/watch-catalog.ts';
import { auditConfig } from '../test/support/audit-config.ts';

/**
 * What large allowlists cost: how long a reload takes from the change of the file to the new list in force, the
 * longest that the event loop stands still meanwhile, its record in the audit trail included, and a decision.
 */

/** Lists, and entries in each: one project's list, or a list for each branch. */
const SHAPES = [
  { lists: 1, entries: 100 },
  { lists: 1, entries: 10_000 },
  { lists: 1, entries: 100_000 },
  { lists: 10, entries: 10_000 },
] as const;
const DECISIONS = 1_000_000;
/** Between two looks at the clock, in ms. */
const TICK = 2;
const RELOADS = 3;
/** The clock is watched for as long after a reload, in ms. */
const AFTERWARDS = 1000;

interface Row {
  readonly lists: number;
  readonly entries: number;
  readonly bytes: number;
  /** From the change of the file; the median of a few reloads. */
  readonly loadMs: number;
  /** How much too late the event loop was at worst, in any of them. */
  readonly holdMs: number;
  readonly decisionNs: number;
}

/** The four notations in turn; what is behind `n` differs, so that nothing merges. */
const NOTATIONS: readonly ((n: number) => string)[] = [
  (n) => `198.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`,
  (n) => `10.${(n >> 12) & 255}.${(n >> 4) & 255}.${(n & 15) * 16}/28`,
  (n) => `172.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 127}-172.${(n >> 16) & 255}.${(n >> 8) & 255}.200`,
  (n) => `2001:db8:${(n >> 16).toString(16)}:${(n & 0xffff).toString(16)}::/64`,
];

function entriesOf(count: number, seed: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const notation = NOTATIONS[index % NOTATIONS.length];
    return notation === undefined ? '' : notation(index + seed);
  });
}

function catalogText({ lists, entries }: (typeof SHAPES)[number], seed: number): string {
  const item = (indent: string) => (entry: string) => `${indent}- ${entry}\n`;
  const whole = lists === 1 ? entriesOf(entries, seed).map(item('          ')).join('') : '          []\n';
  const branches = Array.from({ length: lists }, (_, index) => {
    const own = entriesOf(entries, seed + index)
      .map(item('            '))
      .join('');
    return `      - id: br-${index}
        name: b${index}
        default: ${index === 0}
        upstream: { host: db.internal, sslmode: disable }
${lists === 1 ? '' : `        allowed_ips:\n          ips:\n${own}`}`;
  });
  return `projects:
  - id: shop
    settings:
      allowed_ips:
        ips:
${whole}    branches:
${branches.join('')}`;
}

/** Watches the clock. @returns the longest time between two looks beyond what was asked for, in ms. */
function watchLoop(): () => number {
  let last = performance.now();
  let longest = 0;
  const look = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last - TICK);
    last = now;
  };
  const timer = setInterval(look, TICK);
  return () => {
    look();
    clearInterval(timer);
    return longest;
  };
}

async function measure(shape: (typeof SHAPES)[number], base: string): Promise<Row> {
  const file = join(base, 'catalog.yaml');
  let loaded: (snapshot: CatalogSnapshot) => void = () => {};
  writeFileSync(file, catalogText(shape, 0), { mode: 0o600 });
  const location = { file, base, keys: undefined, keyFile: undefined, clientCa: false };
  const dir = join(base, `audit-${shape.lists}-${shape.entries}`);
  const log = createLogger('info', { write: () => {} });
  await using audit = await Audit.open({ config: auditConfig(dir), log });
  const opened = await watchCatalog(
    location,
    {},
    {
      onLoaded: (snapshot) => {
        audit.catalogChanged(snapshot);
        loaded(snapshot);
      },
      onProblem: (problems) => {
        throw new Error(problems[0]?.message);
      },
    },
  );
  if ('problems' in opened) throw new Error(opened.problems[0]?.message);
  await using _watch = opened.watch;
  let { snapshot } = opened;
  await audit.begin(snapshot);
  const times: number[] = [];
  let holdMs = 0;
  for (let reload = 1; reload <= RELOADS; reload += 1) {
    const text = catalogText(shape, reload);
    const arrived = new Promise<CatalogSnapshot>((resolve) => {
      loaded = resolve;
    });
    writeFileSync(file, text);
    const start = performance.now();
    const stop = watchLoop();
    snapshot = await arrived;
    times.push(performance.now() - start);
    // The change has yet to be put on record.
    await setTimeout(AFTERWARDS);
    holdMs = Math.max(holdMs, stop());
  }
  return {
    ...shape,
    bytes: Buffer.byteLength(catalogText(shape, 0)),
    loadMs: Math.round(times.toSorted((a, b) => a - b)[Math.floor(RELOADS / 2)] ?? 0),
    holdMs: Math.round(holdMs),
    decisionNs: Math.round(decisionTime(snapshot)),
  };
}

/** ns a decision, the look-up of the branch's list included, over addresses in the list and beside it. */
function decisionTime(snapshot: CatalogSnapshot): number {
  const [project] = snapshot.projects;
  const branch = project?.branches.at(-1);
  if (project === undefined || branch === undefined) throw new Error('no branch');
  const addresses = entriesOf(1000, 7).flatMap((entry): Address[] => {
    const address = parseAddress(entry.replace(/[-/].*$/, ''));
    return address === undefined ? [] : [address];
  });
  let admitted = 0;
  const start = performance.now();
  for (let decision = 0; decision < DECISIONS; decision += 1) {
    const address = addresses[decision % addresses.length];
    if (address !== undefined && snapshot.allowlistOf(project, branch)?.admits(address) === true)
      admitted += 1;
  }
  if (admitted === 0) throw new Error('nobody was admitted');
  return ((performance.now() - start) / DECISIONS) * 1e6;
}

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const base = mkdtempSync(join(tmpdir(), 'portcullis-bench-'));
try {
  const rows: Row[] = [];
  for (const shape of SHAPES) rows.push(await measure(shape, base));
  if (values.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
  else console.table(rows);
} finally {
  rmSync(base, { recursive: true });
}
