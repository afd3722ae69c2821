/** What the visitors of one process saw. Plain data: it goes from process to process. */
export interface Tally {
  readonly counts: Readonly<Record<string, number>>;
  /** What must not happen, in words. */
  readonly findings: readonly string[];
  /** Sessions that are logged in now. */
  readonly live: number;
  /** Cancel keys of sessions that have ended. */
  readonly spent: readonly SpentKey[];
}

export interface SpentKey {
  readonly pid: number;
  readonly key: string;
}

const MAX_FINDINGS = 20;
const MAX_SPENT = 200;

/** Counts. */
export class Tallying {
  readonly #counts: Record<string, number> = {};
  readonly #findings: string[] = [];
  readonly #spent: SpentKey[] = [];
  readonly #busy = new Map<string, number>();
  live = 0;

  /** Does something that may turn out to have no end. */
  async during<T>(what: string, work: () => Promise<T>): Promise<T> {
    this.#busy.set(what, (this.#busy.get(what) ?? 0) + 1);
    try {
      return await work();
    } finally {
      this.#busy.set(what, (this.#busy.get(what) ?? 0) - 1);
    }
  }

  /** What is being done now, and by how many. */
  get busy(): string {
    const now = [...this.#busy].filter(([, count]) => count > 0);
    return now.map(([what, count]) => `${count} in ${what}`).join(', ');
  }

  count(what: string): void {
    this.#counts[what] = (this.#counts[what] ?? 0) + 1;
  }

  find(what: string): void {
    this.count('findings');
    if (this.#findings.length < MAX_FINDINGS) this.#findings.push(what);
  }

  spend(pid: number, key: Buffer): void {
    this.#spent.push({ pid, key: key.toString('hex') });
    if (this.#spent.length > MAX_SPENT) this.#spent.shift();
  }

  get tally(): Tally {
    return { counts: this.#counts, findings: this.#findings, live: this.live, spent: this.#spent };
  }
}

export function mergeTallies(tallies: readonly Tally[]): Tally {
  const counts: Record<string, number> = {};
  for (const [name, count] of tallies.flatMap((each) => Object.entries(each.counts)))
    counts[name] = (counts[name] ?? 0) + count;
  return {
    counts,
    findings: tallies.flatMap(({ findings }) => findings),
    live: tallies.reduce((sum, { live }) => sum + live, 0),
    spent: tallies.flatMap(({ spent }) => spent),
  };
}
