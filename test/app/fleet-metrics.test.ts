import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import t from 'tap';
import { FleetMetrics } from '../../src/app/fleet-metrics.ts';
import { mergedSessions } from '../../src/app/worker-sessions.ts';

/** The figures of one process. */
function figures(logins: number, live: number): Registry {
  const registry = new Registry();
  const registers = [registry];
  new Counter({ name: 'logins_total', help: 'h', labelNames: ['how'], registers }).inc(
    { how: 'well' },
    logins,
  );
  new Gauge({ name: 'live', help: 'h', registers }).set(live);
  new Histogram({ name: 'took', help: 'h', buckets: [1], registers }).observe(0.5);
  return registry;
}

t.test('Figures of all processes are added up; what was counted stays, what was so does not.', async (t) => {
  const live = [figures(5, 2), figures(7, 3)];
  const fleet = new FleetMetrics(figures(0, 0), () =>
    Promise.all(live.map((each) => each.getMetricsAsJSON())),
  );
  const text = await fleet.metrics();
  t.match(text, /^logins_total\{how="well"\} 12$/m);
  t.match(text, /^live 5$/m);
  t.match(text, /^took_count 3$/m);
  live.splice(1, 1, figures(1, 1), figures(1, 1));
  await fleet.keep(await figures(7, 3).getMetricsAsJSON());
  await fleet.keep(await figures(2, 9).getMetricsAsJSON());
  await fleet.keep([]);
  const later = await fleet.metrics();
  t.match(later, /^logins_total\{how="well"\} 16$/m);
  t.match(later, /^live 4$/m);
  t.match(later, /^took_count 6$/m);
  t.match(fleet.contentType, /text\/plain/);
});

t.test('The sessions of all workers are one list; a request that one refuses is refused.', async (t) => {
  const answer = (status: number, body: object) => ({ status, type: 'x', body: JSON.stringify(body) });
  const merged = mergedSessions([answer(200, { sessions: [1, 2] }), answer(200, { sessions: [3] })]);
  t.strictSame(JSON.parse(merged.body), { sessions: [1, 2, 3] });
  t.equal(mergedSessions([answer(200, { sessions: [] }), answer(400, { message: 'no' })]).status, 400);
  t.equal(mergedSessions([]).status, 503);
});
