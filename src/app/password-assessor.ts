import type { PasswordContext, Rating } from '../passwords/rating.ts';
import type { PasswordAssessor as Port } from '../session/ports.ts';
import type { Reading } from '../sql/reading.ts';
import { PasswordRater } from './password-rater.ts';
import { StatementReader } from './statement-reader.ts';

/** Reads statements and rates the passwords in them, in two threads, which end when nobody asks. */
export class PasswordAssessor implements Port, AsyncDisposable {
  readonly #reader: StatementReader;
  readonly #rater: PasswordRater;

  /** @param report told of threads that fail, without a word of what they worked on. */
  constructor(report: (problem: string) => void) {
    this.#reader = new StatementReader({ report });
    this.#rater = new PasswordRater({ report });
  }

  read(text: Buffer): Promise<Reading> {
    return this.#reader.read(text);
  }

  rate(password: string, context: PasswordContext, minBits: number): Promise<Rating> {
    return this.#rater.rate(password, context, minBits);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#reader[Symbol.asyncDispose](), this.#rater[Symbol.asyncDispose]()]);
  }
}
