import { hkdfSync, type KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import type { AuditEvent } from '../audit/events.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { AuditConfig } from '../config/audit.ts';
import { AuditJournal } from '../observe/audit-journal.ts';
import type { AdmissionRecorder, Journal } from '../session/ports.ts';
import type { Trail } from '../trail/trail.ts';
import type { TrailState } from '../trail/trail-options.ts';
import { LenientAdmissions, type Recordable, StrictAdmissions } from './admissions.ts';
import { AuditSinks } from './audit-sinks.ts';
import { digestFile } from './digest-file.ts';
import { openTrail } from './open-trail.ts';
import { PolicyRecorder } from './policy-recorder.ts';

const FINGERPRINT_KEY = 'portcullis policy fingerprints v1';
const FINGERPRINT_KEY_LENGTH = 32;

/** The audit trail with what a gateway records there: admissions, ends, refusals, changes of policy, its own life. */
export class Audit implements AsyncDisposable {
  readonly admissions: AdmissionRecorder;
  readonly journal: Journal;
  readonly trail: Trail;
  readonly sinks: AuditSinks;
  readonly #policy: PolicyRecorder;
  readonly #recordable: Recordable;
  #closed: Promise<void> | undefined;

  private constructor(trail: Trail, policy: PolicyRecorder, { config, log }: AuditOptions) {
    this.trail = trail;
    this.#policy = policy;
    this.sinks = AuditSinks.open(config, trail, log);
    this.journal = new AuditJournal(trail);
    this.#recordable = afterPolicy(trail, policy);
    this.admissions =
      config.onFailure === 'refuse'
        ? new StrictAdmissions(this.#recordable)
        : new LenientAdmissions(this.#recordable, log);
  }

  /** @throws TrailError, in one line, where folder or keys cannot be used. */
  static async open(options: AuditOptions): Promise<Audit> {
    const { config, log } = options;
    const { trail, signingKey } = await openTrail(config, {
      onState: (state) => tell(log, state, config.onFailure),
      onProblem: (problem) => log.warn({ problem }, 'audit trail'),
    });
    try {
      const policy = await PolicyRecorder.open({
        trail,
        store: digestFile(config.dir),
        key: fingerprintKey(signingKey.privateKey),
        onProblem: (cause) => log.warn({ cause: String(cause) }, 'the state of the catalog was not kept'),
      });
      return new Audit(trail, policy, options);
    } catch (error) {
      await trail.close();
      throw error;
    }
  }

  /** Why nothing can be recorded now; undefined: it can. */
  get obstacle(): string | undefined {
    return this.#recordable.obstacle;
  }

  /** What has changed since the trail last heard of the catalog, and that the gateway runs from here on. */
  async begin(catalog: CatalogSnapshot): Promise<void> {
    this.trail.record({ type: 'started' });
    await this.#policy.changed(catalog, true);
  }

  /** To be called with every new catalog, before anybody is judged by it. */
  catalogChanged(catalog: CatalogSnapshot): void {
    void this.#policy.changed(catalog);
  }

  record(event: AuditEvent): void {
    this.trail.record(event);
  }

  /**
   * Records the end and writes what waits; once.
   * @param why the gateway ends.
   */
  close(why?: string): Promise<void> {
    this.#closed ??= this.#close(why);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(why: string | undefined): Promise<void> {
    this.#policy.close();
    this.trail.record({ type: 'stopped', problem: why });
    await this.trail.close();
    await this.sinks.close();
  }
}

export interface AuditOptions {
  readonly config: AuditConfig;
  readonly log: Logger;
}

const BEHIND = 'a change of the catalog is not on record yet';

/** The trail as admissions see it: closed, too, while a change of the catalog is not on record. */
function afterPolicy(trail: Trail, policy: PolicyRecorder): Recordable {
  return {
    get obstacle() {
      if (!trail.state.healthy) return trail.state.reason;
      return policy.behind ? BEHIND : undefined;
    },
    commit: async (events) => {
      while (policy.comparing !== undefined) await policy.comparing;
      if (policy.behind) throw new Error(BEHIND);
      await trail.commit(events);
    },
  };
}

/** What a trail that cannot be written means for those who log in. */
const MEANWHILE: Readonly<Record<AuditConfig['onFailure'], string>> = {
  refuse: 'nobody is let in',
  admit: 'sessions are let in without a record',
};

function tell(log: Logger, state: TrailState, onFailure: AuditConfig['onFailure']): void {
  if (state.healthy) log.info('the audit trail is written again');
  else log.error({ why: state.reason }, `the audit trail cannot be written: ${MEANWHILE[onFailure]}`);
}

/** Known to whoever signs, so that a stolen folder does not help to guess passwords. */
function fingerprintKey(privateKey: KeyObject): Buffer {
  const secret = privateKey.export({ type: 'pkcs8', format: 'der' });
  return Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), FINGERPRINT_KEY, FINGERPRINT_KEY_LENGTH));
}
