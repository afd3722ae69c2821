import { Remembered } from './remembered.ts';
import type { Sent } from './sent.ts';
import { type StatementText, UNRECORDED } from './statement-text.ts';

/** Prepared statements of a session; each has some 100 bytes besides its text. */
const STATEMENTS = { entries: 2000, bytes: 256 * 1024 };
const PORTALS = { entries: 64, bytes: 256 * 1024 };
const OVERHEAD = 100;

/** What an Execute would run. */
export interface Bound {
  /** Undefined: it is not remembered, or was prepared in SQL. */
  readonly text: StatementText | undefined;
  readonly parameters: readonly string[] | undefined;
}

const UNKNOWN: Bound = { text: undefined, parameters: undefined };

/** Which texts stand behind the names of a session's prepared statements and portals, in bounded memory. */
export class Prepared {
  readonly #statements = new Remembered<StatementText>(STATEMENTS);
  readonly #portals = new Remembered<Bound>(PORTALS);
  /** Whether a text that is recorded ever had a name: it may be run at any time. */
  #hasNamed = false;

  /** Whether nothing that is recorded can be run, unless it is prepared anew. */
  get isIdle(): boolean {
    const [text, bound] = [this.textOf(''), this.boundTo('')];
    return !this.#hasNamed && isNothing(text) && isNothing(bound?.text);
  }

  /** Parse, Bind or Close has taken effect. @param others where else its statement may be known. */
  apply(sent: Sent, others?: Prepared): void {
    if (sent.step === 'parse') {
      if (sent.text === undefined) this.#statements.delete(sent.statement);
      else this.#statements.set(sent.statement, sent.text, weightOf(sent.text));
      this.#hasNamed ||= sent.statement !== '' && !isNothing(sent.text);
    } else if (sent.step === 'bind') {
      const text = sent.text ?? this.textOf(sent.statement) ?? others?.textOf(sent.statement);
      this.#hasNamed ||= sent.portal !== '' && !isNothing(text);
      const bound = { text, parameters: sent.parameters };
      this.#portals.set(sent.portal, bound, weightOf(text) + lengthOf(sent.parameters));
    } else if (sent.step === 'close') {
      if (sent.statement !== undefined) this.#statements.delete(sent.statement);
      if (sent.portal !== undefined) this.#portals.delete(sent.portal);
    }
  }

  /** What a message is about. */
  behind(sent: Sent, others?: Prepared): Bound {
    switch (sent.step) {
      case 'query':
      case 'parse':
      case 'call':
        return { text: sent.text, parameters: undefined };
      case 'bind': {
        const text = sent.text ?? this.textOf(sent.statement) ?? others?.textOf(sent.statement);
        return { text, parameters: sent.parameters };
      }
      case 'execute':
        return this.boundTo(sent.portal) ?? others?.boundTo(sent.portal) ?? UNKNOWN;
      default:
        return UNKNOWN;
    }
  }

  textOf(statement: string): StatementText | undefined {
    return this.#statements.get(statement);
  }

  boundTo(portal: string): Bound | undefined {
    return this.#portals.get(portal);
  }

  clear(): void {
    this.#statements.clear();
    this.#portals.clear();
  }
}

/** What was prepared in SQL, and so is not known, is none of those that `audit: ddl` records. */
function isNothing(text: StatementText | undefined): boolean {
  return text === undefined || text === UNRECORDED;
}

/** Bytes in memory, about. */
export function weightOf(text: StatementText | undefined): number {
  return OVERHEAD + (text?.shown.length ?? 0);
}

/** Characters of all of them together. */
export function lengthOf(texts: readonly string[] | undefined): number {
  return texts?.reduce((sum, text) => sum + text.length, 0) ?? 0;
}
