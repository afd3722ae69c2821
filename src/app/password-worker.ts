import { parentPort } from 'node:worker_threads';
import { rate } from '../passwords/rate.ts';
import type { PasswordContext } from '../passwords/rating.ts';

/** What the rater asks, one question at a time; the answer is the Rating. */
export interface PasswordQuestion {
  readonly password: string;
  readonly context: PasswordContext;
  readonly minBits: number;
}

/** Runs in a thread of its own. An exception ends the thread, which the rater takes for a refusal. */
parentPort?.on('message', ({ password, context, minBits }: PasswordQuestion) => {
  parentPort?.postMessage(rate(password, context, minBits));
});
