import { type FollowerOptions, SinkFollower } from '../../src/sinks/follower.ts';
import type { Sink, SinkState, TrailRecord } from '../../src/sinks/sink.ts';
import type { TrailSource } from '../../src/sinks/trail-tail.ts';
import type { WithTeardown } from '../support/postgres.ts';

/** A follower and all that it told. */
export interface Following {
  readonly follower: SinkFollower;
  readonly changes: SinkState[];
  readonly missed: number[];
}

/** Starts a follower that the end of the test closes at once, and that tries again as soon as it may. */
export function follow(t: WithTeardown, sink: Sink, source: TrailSource): Following {
  const changes: SinkState[] = [];
  const missed: number[] = [];
  const options: FollowerOptions = {
    dir: source.dir,
    keys: source.keys,
    durable: source.durable,
    // As short a wait as chance can make it.
    random: () => 0.999,
    onChange: (state) => changes.push(state),
    onMissed: (_, records) => missed.push(records),
  };
  const follower = SinkFollower.start(sink, options);
  t.teardown(() => follower.close(0));
  return { follower, changes, missed };
}

/** A sink that remembers, and fails when it is told to. */
export class RecordingSink implements Sink {
  readonly name = 'recording';
  readonly settleAfter: number;
  readonly got: number[] = [];
  settled = 0;
  failing: 'deliver' | 'settle' | undefined;
  /** The most that was handed over at a time, in characters. */
  largest = 0;

  constructor(settleAfter = 0) {
    this.settleAfter = settleAfter;
  }

  async deliver(records: readonly TrailRecord[]): Promise<void> {
    if (this.failing === 'deliver') throw new Error('nobody takes it');
    this.got.push(...records.map(({ sequence }) => sequence));
    this.largest = Math.max(this.largest, records.map(({ line }) => line).join('').length);
  }

  async settle(): Promise<void> {
    if (this.failing === 'settle') throw new Error('it did not arrive');
    this.settled = this.got.at(-1) ?? 0;
  }

  close(): void {}
}
