import { setTimeout } from 'node:timers/promises';
import type { Candidate, CandidateName } from '../candidate.ts';
import { type Figures, percentile } from '../figures.ts';
import type { Crowd } from '../load/crowd.ts';
import type { VisitKind } from '../load/order.ts';
import { CLOSED_ENDPOINT } from '../portcullis.ts';
import { cpuOf, cpuOfAll, memoryOf } from '../process-cost.ts';
import { DATABASE, PASSWORD, ROLE } from '../stage.ts';
import type { Work } from '../work.ts';

/** Visits at a time, in each load process. */
const LANES = 8;
/** What a proxy does once the last client has left, in ms. */
const TAIL_MS = 200;

interface Visits {
  readonly name: string;
  readonly unit: string;
  readonly visit: VisitKind;
  readonly candidates: readonly CandidateName[];
}

const PROXIES = ['pgbouncer', 'stunnel', 'portcullis-before', 'portcullis', 'portcullis-bun'] as const;

const WORKS: Readonly<Record<'W6' | 'W7' | 'W9' | 'W11', readonly Visits[]>> = {
  W6: [
    {
      name: 'W6',
      unit: 'login',
      visit: 'login',
      candidates: [
        'direct',
        'pgbouncer',
        'pgbouncer-fresh',
        'stunnel',
        'portcullis-before',
        'portcullis',
        'portcullis-bun',
      ],
    },
  ],
  W7: [{ name: 'W7', unit: 'handshake', visit: 'handshake', candidates: PROXIES }],
  W9: [
    {
      name: 'W9 address',
      unit: 'refusal',
      visit: 'refused',
      candidates: ['portcullis-before', 'portcullis', 'portcullis-bun'],
    },
    { name: 'W9 garbage', unit: 'refusal', visit: 'garbage', candidates: PROXIES },
  ],
  W11: [
    {
      name: 'W11 W6',
      unit: 'login',
      visit: 'login',
      candidates: ['portcullis', 'portcullis-two-before', 'portcullis-two'],
    },
  ],
};

/** W6: logins. W7: TLS handshakes alone. W9: refusals. W11: W6 with one worker and with two. */
export function visitWorks(crowd: Crowd, id: keyof typeof WORKS, seconds: number): Work[] {
  return WORKS[id].map(({ visit, ...work }) => ({
    ...work,
    warms: true,
    turn: async (candidate) => await visitTurn(crowd, candidate, { visit, seconds }),
  }));
}

async function visitTurn(
  crowd: Crowd,
  { port, pid }: Candidate,
  { visit, seconds }: { visit: VisitKind; seconds: number },
): Promise<Figures> {
  const before = pid === undefined ? 0 : await cpuOf(pid);
  const all = await cpuOfAll();
  const from = performance.now();
  const way = wayTo(port);
  const reports = await crowd.obey(() => ({ kind: 'visit', visit, seconds, lanes: LANES, ...way }));
  const took = (performance.now() - from) / 1000;
  const latencies = reports.flatMap((said) => (said.kind === 'visited' ? said.latencies : []));
  const figures = {
    rate: latencies.length / took,
    p50: percentile(latencies, 50),
    p99: percentile(latencies, 99),
  };
  if (pid === undefined) return figures;
  await setTimeout(TAIL_MS);
  const cpu = (await cpuOf(pid)) - before;
  return {
    ...figures,
    cpu: cpu / latencies.length,
    others: ((await cpuOfAll()) - all - cpu) / latencies.length,
    rss: (await memoryOf(pid)) / 1e6,
  };
}

/** How the load gets to a candidate. */
export function wayTo(port: number) {
  return { port, role: ROLE, database: DATABASE, password: PASSWORD, closedEndpoint: CLOSED_ENDPOINT };
}
