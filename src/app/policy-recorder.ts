import { setImmediate } from 'node:timers/promises';
import type { CatalogChange } from '../audit/catalog-change.ts';
import type { CatalogChangedEvent } from '../audit/events.ts';
import { keptPolicy, type Policy, policyOf } from '../audit/policy.ts';
import { changesBetween } from '../audit/policy-changes.ts';
import { EMPTY_DIGEST, type PolicyDigest } from '../audit/policy-digest.ts';
import type { Steps } from '../audit/steps.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Recordable } from './admissions.ts';

/** How long after a failure it is tried again, in ms. */
const TRY_AGAIN_MS = 500;

/** How long others wait at most while large lists are compared, in ms. */
const SLICE_MS = 10;

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
  #recorded: Policy;
  /** what it will tell of once it has written what it was handed, */
  #handed: Policy;
  /** and what is in force. */
  #wanted: Policy;
  #failed = false;
  /** How often something could not be recorded. */
  #failures = 0;
  #comparing: Promise<void> | undefined;
  #storing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: PolicyRecorderOptions, recorded: Policy) {
    this.#options = options;
    this.#recorded = recorded;
    this.#handed = recorded;
    this.#wanted = recorded;
  }

  /** @throws what the store throws where it cannot be read. */
  static async open(options: PolicyRecorderOptions): Promise<PolicyRecorder> {
    return new PolicyRecorder(options, keptPolicy((await options.store.read()) ?? EMPTY_DIGEST));
  }

  /** Whether a change is in force that could not be recorded. */
  get behind(): boolean {
    return this.#failed;
  }

  /** Whether a change is in force of which is not known yet what is to be recorded; resolves once that was handed over. */
  get comparing(): Promise<void> | undefined {
    return this.#comparing;
  }

  /**
   * To be called with every catalog, before anybody is judged by it.
   * @param whileDown the first one: what is new in it happened before this gateway started.
   * @returns once it is on record, or could not be put there; then it is tried again until it can.
   */
  async changed(catalog: CatalogSnapshot, whileDown = false): Promise<void> {
    this.#wanted = policyOf(catalog, this.#options.key);
    while (this.#comparing !== undefined) await this.#comparing;
    if (!this.#failed) await this.#record(whileDown);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  /** Hands over what has changed, before anything else can be; large lists are compared bit by bit. */
  async #record(whileDown: boolean): Promise<void> {
    const wanted = this.#wanted;
    const failures = this.#failures;
    const compared = Promise.withResolvers<void>();
    this.#comparing = compared.promise;
    const steps = changesBetween(this.#handed, wanted);
    let changes = someSteps(steps);
    while (changes === undefined) {
      await setImmediate();
      changes = someSteps(steps);
    }
    let handedOver: Promise<void> | undefined;
    // What was compared with was not recorded after all: the next try tells of both.
    if (failures === this.#failures) {
      this.#handed = wanted;
      handedOver = this.#handOver(changes, whileDown);
    }
    this.#comparing = undefined;
    compared.resolve();
    await handedOver;
  }

  async #handOver(changes: readonly CatalogChange[], whileDown: boolean): Promise<void> {
    const wanted = this.#handed;
    const failures = this.#failures;
    if (changes.length > 0) {
      try {
        await this.#options.trail.commit(changes.map((change) => eventOf(change, whileDown)));
      } catch {
        // The trail itself tells why it cannot be written, in the log and in /readyz.
        this.#tryAgainLater(whileDown);
        return;
      }
      // One before this was not recorded: the next try tells of both.
      if (failures !== this.#failures) return;
      this.#recorded = wanted;
      this.#storing = this.#storing.then(() =>
        this.#options.store.write(this.#recorded.digest).catch(this.#options.onProblem),
      );
      await this.#storing;
    }
    if (failures === this.#failures) await this.#catchUp();
  }

  /** Changes that came while one failed waited for it. */
  async #catchUp(): Promise<void> {
    const waiting = this.#failed && this.#handed !== this.#wanted;
    if (waiting) await this.#record(false);
    else this.#failed = false;
  }

  #tryAgainLater(whileDown: boolean): void {
    this.#failed = true;
    this.#failures += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#tryAgain(whileDown), TRY_AGAIN_MS).unref();
  }

  async #tryAgain(whileDown: boolean): Promise<void> {
    while (this.#comparing !== undefined) await this.#comparing;
    this.#handed = this.#recorded;
    await this.#record(whileDown);
  }
}

/** @returns undefined where time was up before the end. */
function someSteps<Result>(steps: Steps<Result>): Result | undefined {
  const end = performance.now() + SLICE_MS;
  do {
    const step = steps.next();
    if (step.done === true) return step.value;
  } while (performance.now() < end);
  return undefined;
}

function eventOf(change: CatalogChange, whileDown: boolean): CatalogChangedEvent {
  return { type: 'catalog-changed', change, actor: { kind: 'file' }, ...(whileDown && { whileDown }) };
}
