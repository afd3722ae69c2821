/** What one turn of a candidate showed; what a work does not measure is left out. */
export interface Figures {
  /** Units of work a second. */
  readonly rate?: number;
  /** Latency, in µs. */
  readonly p50?: number;
  readonly p99?: number;
  /** µs of the proxy's CPU for a unit of work. */
  readonly cpu?: number;
  /** µs of CPU that all else on the machine took for a unit of work: the load, PostgreSQL. */
  readonly others?: number;
  /** MB (1,000,000 bytes) that the proxy's processes had resident at the end. */
  readonly rss?: number;
  /** kB (1,000 bytes) of it for each session. */
  readonly session?: number;
}

export type FigureName = keyof Figures;
export const FIGURES: readonly FigureName[] = ['rate', 'p50', 'p99', 'cpu', 'others', 'rss', 'session'];

/** A figure over all rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export type Summary = Partial<Record<FigureName, Spread>>;

export function summarize(turns: readonly Figures[]): Summary {
  const summary: Summary = {};
  for (const name of FIGURES) {
    const values = turns.flatMap((turn) => turn[name] ?? []);
    if (values.length > 0) summary[name] = spreadOf(values);
  }
  return summary;
}

function spreadOf(values: readonly number[]): Spread {
  return { median: percentile(values, 50), min: Math.min(...values), max: Math.max(...values) };
}

/** By nearest rank. NaN of nothing. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN;
}
