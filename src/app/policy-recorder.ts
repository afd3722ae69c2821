import type { CatalogChange } from '../audit/catalog-change.ts';
import type { CatalogChangedEvent } from '../audit/events.ts';
import { changesBetween, digestOf, EMPTY_DIGEST, type PolicyDigest } from '../audit/policy-digest.ts';
import type { CatalogState } from '../catalog/find.ts';
import type { Recordable } from './admissions.ts';

/** How long after a failure it is tried again, in ms. */
const TRY_AGAIN_MS = 500;

/** Where it is kept up to which state the trail tells of the catalog. */
export interface DigestStore {
  /** Undefined where nothing was kept yet. */
  read(): Promise<PolicyDigest | undefined>;
  write(digest: PolicyDigest): Promise<void>;
}

export interface PolicyRecorderOptions {
  readonly trail: Pick<Recordable, 'commit'>;
  readonly store: DigestStore;
  /** Secret: what roles' verifiers are fingerprinted with. */
  readonly key: Buffer;
  /** Why the store could not be written; the changes themselves are on record. */
  readonly onProblem: (cause: unknown) => void;
}

/**
 * Puts every change of the catalog on record, whoever made it, and even while no gateway ran. A change counts at
 * once. That nobody is let in by it before it is on record follows from the trail's order: an admission is durable
 * only with everything that was handed to the trail before, and while a change could not be recorded nobody is let
 * in at all.
 */
export class PolicyRecorder {
  readonly #options: PolicyRecorderOptions;
  /** What the trail tells of, */
  #recorded: PolicyDigest;
  /** what it will tell of once it has written what it was handed, */
  #handed: PolicyDigest;
  /** and what is in force. */
  #wanted: PolicyDigest;
  #failed = false;
  #storing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: PolicyRecorderOptions, recorded: PolicyDigest) {
    this.#options = options;
    this.#recorded = recorded;
    this.#handed = recorded;
    this.#wanted = recorded;
  }

  /** @throws what the store throws where it cannot be read. */
  static async open(options: PolicyRecorderOptions): Promise<PolicyRecorder> {
    return new PolicyRecorder(options, (await options.store.read()) ?? EMPTY_DIGEST);
  }

  /** Whether a change is in force that could not be recorded. */
  get behind(): boolean {
    return this.#failed;
  }

  /**
   * To be called with every catalog, before anybody is judged by it.
   * @param whileDown the first one: what is new in it happened before this gateway started.
   * @returns once it is on record, or could not be put there; then it is tried again until it can.
   */
  async changed(state: CatalogState, whileDown = false): Promise<void> {
    this.#wanted = digestOf(state, this.#options.key);
    if (!this.#failed) await this.#record(whileDown);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  /** Hands over what has changed, before anything else can be. */
  async #record(whileDown: boolean): Promise<void> {
    const wanted = this.#wanted;
    const changes = changesBetween(this.#handed, wanted);
    this.#handed = wanted;
    if (changes.length === 0) {
      // Also what could not be recorded may have gone back to what it was.
      this.#failed = false;
      return;
    }
    const events = changes.map((change) => eventOf(change, whileDown));
    try {
      await this.#options.trail.commit(events);
    } catch {
      // The trail itself tells why it cannot be written, in the log and in /readyz.
      this.#tryAgainLater(whileDown);
      return;
    }
    this.#recorded = wanted;
    this.#storing = this.#storing.then(() =>
      this.#options.store.write(this.#recorded).catch(this.#options.onProblem),
    );
    await this.#storing;
    // Changes that came while this one failed wait for it.
    this.#failed = this.#handed !== this.#wanted;
    if (this.#failed) await this.#record(false);
  }

  #tryAgainLater(whileDown: boolean): void {
    this.#failed = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#handed = this.#recorded;
      void this.#record(whileDown);
    }, TRY_AGAIN_MS).unref();
  }
}

function eventOf(change: CatalogChange, whileDown: boolean): CatalogChangedEvent {
  return { type: 'catalog-changed', change, actor: { kind: 'file' }, ...(whileDown && { whileDown }) };
}
