import { Gauge, type Registry } from 'prom-client';
import type { SinkState } from '../sinks/sink.ts';

/** How the audit trail's sinks fare, asked at every scrape. */
export function watchSinks(registry: Registry, states: () => readonly SinkState[]): void {
  const gauge = (name: string, help: string, value: (state: SinkState) => number): void => {
    new Gauge({
      name: `portcullis_audit_sink_${name}`,
      help,
      labelNames: ['sink'],
      registers: [registry],
      collect() {
        for (const state of states()) this.set({ sink: state.name }, value(state));
      },
    });
  };
  gauge('behind_records', 'Durable audit records that were not handed over yet.', ({ behind }) => behind);
  gauge('connected', 'Whether the last thing tried went well: 1, or 0.', ({ connected }) =>
    Number(connected),
  );
}
