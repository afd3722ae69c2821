import type { Branch } from '../catalog/model.ts';
import { atMost } from '../scram/limiter.ts';
import type { UpstreamSession } from '../upstream/open-session.ts';
import { UpstreamUnreachable } from '../upstream/ports.ts';
import { sendCancel } from '../upstream/send-cancel.ts';
import { serializeError } from '../wire/error-response.ts';
import { BACKEND, FRONTEND } from '../wire/frame.ts';
import { clientLengths, upstreamLengths } from '../wire/length-rules.ts';
import type { FrameTap } from './frame-tap.ts';
import { IdleWatch } from './idle-watch.ts';
import { OwedAnswers } from './owed-answers.ts';
import { Pump, type PumpRules } from './pump.ts';
import type { Outcome } from './record.ts';
import { idleTooLong, malformed, type Refusal, stalled, tooOld, upstreamBroke } from './refusals.ts';
import { StatementSieves } from './statement-sieves.ts';
import { StatementWatch } from './statement-watch.ts';
import type { Visit } from './visit.ts';

/** How long a cut waits for the end of the frame that is on its way, in ms. */
const BOUNDARY_MS = 400;
/** How long a client that was cut may take to read why, in ms; with the above, cut within 1 s. */
const LAST_WORDS_MS = 500;
/** How long one side may stay once the other has gone, in ms. */
const SURVIVOR_MS = 2000;

/**
 * Cancels of sessions that were cut, at a time. A change of the catalog, or a drain, may cut thousands at once, and
 * an upstream starts a process for each.
 */
const MAX_CANCELS = 64;
const inTurn = atMost(MAX_CANCELS);

/** What bulk is made of. No rule here learns from the second of them what the first did not tell. */
const CLIENT_RUNS = [FRONTEND.copyData];
const UPSTREAM_RUNS = [BACKEND.dataRow, FRONTEND.copyData];

type LeftReason = 'client-left' | 'upstream-left';

interface Ending {
  readonly outcome: Outcome;
  readonly reason: string;
  readonly detail?: string | undefined;
}

interface LegRules {
  readonly client: PumpRules;
  readonly upstream: PumpRules;
}

/** Passes frames both ways until one side ends, breaks, or the session is cut. Resolves when both are done. */
export function relay(visit: Visit, branch: Branch, upstream: UpstreamSession): Promise<void> {
  const live = new Relay(visit, branch, upstream);
  visit.settle((why) => live.cut(why));
  return live.run();
}

class Relay {
  readonly #visit: Visit;
  readonly #session: Pick<UpstreamSession, 'leg' | 'target' | 'cancelKey'>;
  readonly #fromClient: Pump;
  readonly #fromUpstream: Pump;
  readonly #answers = new OwedAnswers();
  readonly #ended = Promise.withResolvers<Ending>();
  #firstToLeave: LeftReason | undefined;
  #cutting = false;
  #timer: NodeJS.Timeout | undefined;
  #age: NodeJS.Timeout | undefined;
  #idle: IdleWatch | undefined;
  #watch: StatementWatch | undefined;

  constructor(visit: Visit, branch: Branch, session: UpstreamSession) {
    const { record } = visit;
    const client = visit.client.stream;
    const upstream = session.leg.stream;
    this.#visit = visit;
    // Not all of it: what the upstream said at the login has been passed on.
    this.#session = { leg: session.leg, target: session.target, cancelKey: session.cancelKey };
    const rules = this.#watched(branch, this.#rulesFor(branch, this.#sievesFor(branch, session)));
    this.#fromClient = new Pump(client, upstream, rules.client, {
      moved: (bytes) => {
        record.bytesFromClient += bytes;
      },
      broken: () => this.cut(malformed('invalid message length'), 'refused'),
      drained: () => this.#oneSideLeft('client-left'),
      stalled: () => this.cut(stalled('upstream'), 'failed'),
    });
    this.#fromUpstream = new Pump(upstream, client, rules.upstream, {
      moved: (bytes) => {
        record.bytesFromUpstream += bytes;
      },
      broken: () => this.cut(upstreamBroke('the upstream sent a message of impossible length'), 'failed'),
      drained: () => this.#oneSideLeft('upstream-left'),
      stalled: () => this.cut(stalled('client')),
    });
  }

  async run(): Promise<void> {
    const client = this.#visit.client.stream;
    const upstream = this.#session.leg.stream;
    client.on('close', () => this.#clientLost(client.errored));
    upstream.on('close', () => this.#upstreamLost(upstream.errored));
    this.#fromUpstream.start();
    this.#fromClient.start();
    // Either may have gone since the login, while the admission was put on record: that was told to nobody.
    if (client.destroyed) this.#clientLost(client.errored);
    else if (upstream.destroyed) this.#upstreamLost(upstream.errored);
    const ending = await this.#ended.promise;
    clearTimeout(this.#timer);
    clearTimeout(this.#age);
    this.#idle?.stop();
    this.#fromClient.stop();
    this.#fromUpstream.stop();
    this.#watch?.end();
    Object.assign(this.#visit.record, ending);
  }

  /** What the branch bounds, beside the lengths that the protocol does. */
  #rulesFor({ idleSessionTimeout, maxSessionAge }: Branch, sieves: StatementSieves | undefined): LegRules {
    const { limits, spent } = this.#visit.gate;
    const both = { stallTimeout: limits.writeStallTimeout, spent };
    const client = { ...both, runs: CLIENT_RUNS, gathers: true, sieve: sieves?.fromClient };
    const upstream = { ...both, runs: UPSTREAM_RUNS, sieve: sieves?.fromUpstream };
    if (maxSessionAge !== undefined) this.#age = setTimeout(() => this.cut(tooOld()), maxSessionAge);
    const fromClient = this.#answers.fromClient(clientLengths);
    const fromUpstream = this.#answers.fromUpstream(upstreamLengths);
    if (idleSessionTimeout === undefined) {
      return {
        client: { ...client, lengths: fromClient },
        upstream: { ...upstream, lengths: fromUpstream },
      };
    }
    const idle = new IdleWatch(idleSessionTimeout, () => this.cut(idleTooLong()));
    this.#idle = idle;
    const passing = (chunk: Buffer): void => idle.upstreamSent(chunk);
    return {
      client: { ...client, lengths: idle.fromClient(fromClient) },
      upstream: { ...upstream, lengths: idle.fromUpstream(fromUpstream), passing },
    };
  }

  /** A branch without rules for statements pays nothing for them. */
  #sievesFor(branch: Branch, session: UpstreamSession): StatementSieves | undefined {
    if (branch.sql.passwordMinBits === undefined) return undefined;
    return new StatementSieves(this.#visit, branch, session, this.#answers);
  }

  /** Nor does one whose statements are not recorded. */
  #watched({ sql }: Branch, rules: LegRules): LegRules {
    if (sql.audit === 'none') return rules;
    const watch = new StatementWatch(this.#visit, sql, sql.audit);
    this.#watch = watch;
    return {
      client: { ...tapped(rules.client, watch.fromClient), crowded: () => watch.crowded },
      upstream: tapped(rules.upstream, watch.fromUpstream),
    };
  }

  /** Ends the session with a reason, between two frames if one ends in time, else by closing. */
  cut(why: Refusal, outcome: Outcome = 'cut'): void {
    if (this.#cutting) return;
    this.#cutting = true;
    clearTimeout(this.#timer);
    const ending = { outcome, reason: why.reason, detail: why.message };
    this.#fromClient.stop();
    this.#timer = setTimeout(() => this.#finish(ending), BOUNDARY_MS);
    this.#fromUpstream.stopAtBoundary(() => void this.#lastWords(why, ending));
    this.#cancelUpstream();
  }

  async #lastWords(why: Refusal, ending: Ending): Promise<void> {
    clearTimeout(this.#timer);
    await this.#visit.client.farewell(why.fields && serializeError(why.fields), LAST_WORDS_MS);
    this.#finish(ending);
  }

  /**
   * What the session runs is canceled, not left running; its backend then finds the connection closed. One that waits
   * for a statement finds that by itself: of thousands that are cut at once, most do.
   */
  #cancelUpstream(): void {
    const { cancelKey, target } = this.#session;
    if (!this.#answers.busy || cancelKey === undefined || this.#session.leg.closed) return;
    const { dial, journal, limits } = this.#visit.gate;
    const until = performance.now() + limits.cancelTimeout;
    inTurn(async () => {
      const timeout = until - performance.now();
      if (timeout <= 0) throw new UpstreamUnreachable('its turn to be canceled did not come in time');
      await sendCancel(dial, { target, upstream: cancelKey }, { timeout });
    }).catch((cause: unknown) => journal.cancelFailed(this.#visit.record, cause));
  }

  /** One side ended its stream in order. The other may finish what it has to say, but not stay for ever. */
  #oneSideLeft(reason: LeftReason): void {
    this.#firstToLeave ??= reason;
    const first = this.#firstToLeave;
    if (this.#cutting || !this.#fromUpstream.ended) return;
    // Once the client has left too, its stream closes as soon as it has taken the last bytes, and ends this.
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#finish({ outcome: 'closed', reason: first }), SURVIVOR_MS);
  }

  /** The client's stream is gone altogether, with or without an error. */
  #clientLost(error: Error | null): void {
    if (this.#cutting) return;
    this.#finish({ outcome: 'closed', reason: this.#firstToLeave ?? 'client-left', detail: error?.message });
  }

  /** As above, but what the upstream said last may still be on its way to the client. */
  #upstreamLost(error: Error | null): void {
    if (this.#cutting || this.#fromUpstream.ended) return;
    const why = upstreamBroke(`the upstream's connection broke: ${error?.message ?? 'closed'}`);
    if (this.#fromUpstream.atBoundary) this.cut(why, 'failed');
    else this.#finish({ outcome: 'failed', reason: why.reason, detail: why.message });
  }

  #finish(ending: Ending): void {
    this.#ended.resolve(ending);
  }
}

function tapped(rules: PumpRules, tap: FrameTap): PumpRules {
  const { lengths, passing } = rules;
  return {
    ...rules,
    // A tap counts along, so it has to hear of every frame.
    runs: undefined,
    lengths: tap.following(lengths),
    passing: (chunk) => {
      tap.passing(chunk);
      passing?.(chunk);
    },
  };
}
