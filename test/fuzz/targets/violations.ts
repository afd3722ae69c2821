import { ProtocolViolation } from '../../../src/wire/violation.ts';

/** What may be said in answer to bad bytes is a fixed set of sentences: more of them repeat what came. */
const MOST_SENTENCES = 100;
const SENTENCE = /^[ -~]{1,120}$/;

const sentences = new Set<string>();

/** @returns what the parser made of the bytes; undefined where it called them a violation, and nothing worse. */
export function unlessViolation<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ProtocolViolation)) throw error;
    if (!SENTENCE.test(error.message)) throw new Error('a violation that is no sentence', { cause: error });
    sentences.add(error.message);
    if (sentences.size > MOST_SENTENCES)
      throw new Error("a violation repeats the peer's bytes", { cause: error });
    return undefined;
  }
}
