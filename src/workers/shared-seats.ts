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

  take(claims: readonly Claim[]): Taken | Promise<Taken> {
    this.#next += 1;
    const seat = this.#next;
    const leave = (): void => this.#post.tell({ type: 'leave', seat } satisfies WorkerTells);
    if (claims.some(({ limit }) => limit !== undefined)) return this.#ask(seat, claims, leave);
    // For a limit that may come they are counted too: whatever is said next, say that a new catalog was taken, tells it.
    const keys = claims.map(({ key }) => key);
    this.#post.mention({ type: 'taken', seat, keys } satisfies WorkerTells);
    return { leave, crowded: claims.map(() => false) };
  }

  async #ask(seat: number, claims: readonly Claim[], leave: () => void): Promise<Taken> {
    const asked = claims.map(({ key, limit, room }) => ({ key, limit, room }));
    const question: WorkerAsks = { type: 'take', seat, claims: asked };
    try {
      const answer = taken.parse(await this.#post.ask(question));
      return 'full' in answer ? answer : { leave, crowded: answer.crowded };
    } catch (cause) {
      // The answer may still come, and the seat be taken.
      leave();
      throw notAnswered('nobody counted the connection', cause);
    }
  }
}
