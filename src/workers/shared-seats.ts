import type { Claim, Seats, Taken } from '../session/quota.ts';
import { notAnswered } from '../session/refusals.ts';
import { taken, type WorkerAsks, type WorkerTells } from './messages.ts';
import type { Post } from './post.ts';

/** A worker's view of who is connected to all workers together: the primary counts. */
export class SharedSeats implements Seats {
  readonly #post: Post;
  #next = 0;

  constructor(post: Post) {
    this.#post = post;
  }

  async take(claims: readonly Claim[]): Promise<Taken> {
    this.#next += 1;
    const seat = this.#next;
    const asked: WorkerAsks = { type: 'take', seat, claims: [...claims] };
    const leave = (): void => this.#post.tell({ type: 'leave', seat } satisfies WorkerTells);
    try {
      const answer = taken.parse(await this.#post.ask(asked));
      return 'full' in answer ? answer : { leave, counts: answer.counts };
    } catch (cause) {
      // The answer may still come, and the seat be taken.
      leave();
      throw notAnswered('nobody counted the connection', cause);
    }
  }
}
