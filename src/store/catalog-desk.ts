import { existsSync } from 'node:fs';
import { type Document, parseDocument } from 'yaml';
import { apply } from '../catalog/apply.ts';
import type { CatalogEvent } from '../catalog/events.ts';
import type { CatalogState } from '../catalog/find.ts';
import type { UpstreamLogin } from '../catalog/model.ts';
import { fileProblem, type Problem } from '../config/problem.ts';
import type { SecretOwner } from '../config/secret-owner.ts';
import type { CatalogLocation } from '../config/server-config.ts';
import type { Env } from '../config/surroundings.ts';
import type { CatalogDesk, Settle } from '../control/ports.ts';
import { editCatalog } from './catalog-edit.ts';
import { CatalogNotWritten, UnusableCatalog } from './catalog-errors.ts';
import { checkCatalogText, readCatalogText } from './catalog-file.ts';
import { UneditableCatalog } from './catalog-nodes.ts';
import { shownPath } from './config-file.ts';
import { awaitLock, catalogLockPath, type Lock, LockError } from './lock.ts';
import { isSameCatalog } from './same-catalog.ts';
import { Sealing } from './sealing.ts';
import { errorCode } from './system-error.ts';
import { removeDrafts, writeFileAtomic } from './write-file.ts';

const PRIVATE = 0o600;
/** ms that another writer may take: an edit takes well under a second. */
const PATIENCE_MS = 10_000;
const EMPTY = 'projects: []\n';

export interface DeskOptions {
  readonly env: Env;
  /** Told of a key file that was made, since there was none and something had to be sealed. */
  readonly keyMade?: ((path: string) => void) | undefined;
  /** For tests. */
  readonly write?: typeof writeFileAtomic;
  /** ms to wait for another writer. */
  readonly patience?: number;
}

/** catalog.yaml, for those who change it. A file that is not there is an empty catalog. */
export class CatalogFileDesk implements CatalogDesk {
  readonly #location: CatalogLocation;
  readonly #options: DeskOptions;
  /** Of the catalog as it was read or written last; what is idle or odd in it. */
  warnings: readonly Problem[] = [];

  constructor(location: CatalogLocation, options: DeskOptions) {
    this.#location = location;
    this.#options = options;
  }

  read(): CatalogState {
    return this.#parse(this.#text());
  }

  /** @throws also UnusableCatalog, UneditableCatalog and CatalogNotWritten; the file is then as it was. */
  async change(
    decide: (state: CatalogState) => Promise<readonly CatalogEvent[]>,
    settle: Settle = () => Promise.resolve(),
  ): Promise<CatalogState> {
    await using _lock = await this.lock();
    const text = this.#text();
    const before = this.#parse(text);
    let held = before;
    try {
      held = await this.#changed({ text, before }, await decide(before));
    } finally {
      await settle(held);
    }
    return held;
  }

  async #changed(
    { text, before }: { readonly text: string; readonly before: CatalogState },
    events: readonly CatalogEvent[],
  ): Promise<CatalogState> {
    if (events.length === 0) return before;
    const after = events.reduce(apply, before);
    const sealing = new Sealing(this.#location);
    const edited = editedText(text, (document) => {
      for (const event of events) editCatalog(document, event, sealing.seal);
    });
    if (sealing.made !== undefined) await this.#makeKey(sealing.made);
    if (!isSameCatalog(this.#parse(edited), after)) throw unfaithful();
    await this.write(this.#location.file, edited);
    return after;
  }

  /** Seals a secret for whoever writes it into the catalog. @throws UnusableCatalog, CatalogNotWritten. */
  async seal(login: UpstreamLogin, owner: SecretOwner): Promise<string> {
    await using _lock = await this.lock();
    const sealing = new Sealing(this.#location);
    const text = sealing.seal(login, owner);
    if (sealing.made !== undefined) await this.#makeKey(sealing.made);
    return text;
  }

  /** Writes what the catalog means in another way; whoever calls it holds the lock. */
  async rewrite(edit: (document: Document) => void): Promise<void> {
    const text = this.#text();
    const before = this.#parse(text);
    const edited = editedText(text, edit);
    if (!isSameCatalog(this.#parse(edited), before)) throw unfaithful();
    if (edited !== text) await this.write(this.#location.file, edited);
  }

  /** Against two writers; whoever is killed holds it no longer. */
  async lock(): Promise<Lock> {
    const { file } = this.#location;
    try {
      return await awaitLock(await catalogLockPath(file), this.#options.patience ?? PATIENCE_MS);
    } catch (error) {
      if (!(error instanceof LockError)) throw error;
      const { holder, cause } = error;
      throw new CatalogNotWritten(
        holder === undefined
          ? `cannot write beside ${shownPath(file)} (${errorCode(cause)}): make room, or run as the user whose file it is`
          : `process ${holder} is changing ${shownPath(file)}: try again when it is done`,
        { cause: error },
      );
    }
  }

  /** Whoever calls it holds the lock. */
  async write(path: string, text: string): Promise<void> {
    try {
      await removeDrafts(path);
      await (this.#options.write ?? writeFileAtomic)(path, text, PRIVATE);
    } catch (error) {
      throw new CatalogNotWritten(
        `cannot write ${shownPath(path)} (${errorCode(error) ?? 'unknown'}), nothing was changed: make room, or let this user write there`,
        { cause: error },
      );
    }
  }

  /** Before anything is sealed with it: a key without secrets does no harm. */
  async #makeKey({ path, text }: NonNullable<Sealing['made']>): Promise<void> {
    await this.write(path, text);
    this.#options.keyMade?.(path);
  }

  #text(): string {
    const { file } = this.#location;
    const read = readCatalogText(this.#location);
    if ('text' in read) return read.text;
    if (!existsSync(file)) return EMPTY;
    throw new UnusableCatalog([fileProblem(shownPath(file), read.problem)]);
  }

  #parse(text: string): CatalogState {
    const outcome = checkCatalogText(text, this.#location, this.#options.env);
    if ('problems' in outcome) throw new UnusableCatalog(outcome.problems);
    this.warnings = outcome.warnings;
    return outcome.snapshot.projects;
  }
}

/** A text of the catalog with an edit in it; lists flush with their key stay so. */
function editedText(text: string, edit: (document: Document) => void): string {
  const document = parseDocument(text);
  edit(document);
  const indentSeq = !/^projects:[^\n]*\n(?:\s*#[^\n]*\n)*-/m.test(text);
  return document.toString({ lineWidth: 0, indentSeq });
}

/** Anchors make one text count in several places. */
function unfaithful(): UneditableCatalog {
  return new UneditableCatalog(
    'an edit would change more than this, as catalog.yaml shares parts by anchors (&…): write them out there',
  );
}
