import { AggregatorRegistry, type Registry } from 'prom-client';

/** A metric as `getMetricsAsJSON` has it, as far as it is looked at. */
interface Figure {
  readonly type: string;
}

/** What only grows; a gauge of a process that has ended says nothing any more. */
const TOTALS: ReadonlySet<string> = new Set(['counter', 'histogram']);

/** The figures of all processes as one, under the same names. What workers counted that are gone stays in the sums. */
export class FleetMetrics {
  readonly #own: Registry;
  readonly #ask: () => Promise<readonly (readonly object[])[]>;
  #past: readonly object[] = [];

  /**
   * @param own the primary's.
   * @param ask the figures of each worker.
   */
  constructor(own: Registry, ask: () => Promise<readonly (readonly object[])[]>) {
    this.#own = own;
    this.#ask = ask;
  }

  get contentType(): Registry['contentType'] {
    return this.#own.contentType;
  }

  async metrics(): Promise<string> {
    const live = await this.#ask();
    const all = [await this.#own.getMetricsAsJSON(), ...live, this.#past];
    return await AggregatorRegistry.aggregate(all).metrics();
  }

  /** To be called with what a worker that has ended had counted last. */
  async keep(last: readonly object[]): Promise<void> {
    const totals = last.filter((figure) => TOTALS.has((figure as Figure).type));
    this.#past = await AggregatorRegistry.aggregate([totals, this.#past]).getMetricsAsJSON();
  }
}
