import type { Logger } from 'pino';
import type { AuditConfig } from '../config/audit.ts';
import { type FollowerOptions, SinkFollower } from '../sinks/follower.ts';
import type { Sink, SinkState } from '../sinks/sink.ts';
import { StdoutSink } from '../sinks/stdout-sink.ts';
import { SyslogSink } from '../sinks/syslog-sink.ts';
import type { Trail } from '../trail/trail.ts';

/** Where the trail's records go besides its files. A sink that fails or lags closes nothing and holds nobody up. */
export class AuditSinks {
  readonly #followers: readonly SinkFollower[];

  private constructor(followers: readonly SinkFollower[]) {
    this.#followers = followers;
  }

  /** Begins with whatever the configuration names. */
  static open(config: AuditConfig, trail: Pick<Trail, 'durable'>, log: Logger): AuditSinks {
    const options: FollowerOptions = {
      dir: config.dir,
      keys: config.keys,
      durable: trail.durable,
      random: Math.random,
      onChange: (state) => tell(log, state),
      onMissed: (sink, records) =>
        log.error({ sink, records }, 'records were deleted before this sink had them'),
    };
    return new AuditSinks(sinksOf(config).map((sink) => SinkFollower.start(sink, options)));
  }

  get states(): readonly SinkState[] {
    return this.#followers.map(({ state }) => state);
  }

  /** To be called once the trail is closed: what it wrote last is handed over, as far as that goes in a moment. */
  async close(): Promise<void> {
    await Promise.all(this.#followers.map((follower) => follower.close()));
  }
}

function sinksOf({ stdout, syslog }: AuditConfig): Sink[] {
  return [...(stdout ? [StdoutSink.open()] : []), ...(syslog === undefined ? [] : [new SyslogSink(syslog)])];
}

function tell(log: Logger, { name, connected, behind, reason }: SinkState): void {
  if (connected) log.info({ sink: name, behind }, 'the audit trail is sent on again');
  else log.warn({ sink: name, behind, why: reason }, 'the audit trail cannot be sent on, its files have it');
}
