import { z } from 'zod';
import type { CancelTarget } from '../session/cancel-keys.ts';
import type { Neighbours } from '../session/ports.ts';
import { notAnswered } from '../session/refusals.ts';
import type { WorkerAsks } from './messages.ts';
import type { Post } from './post.ts';

/** What one worker finds for another; the primary passes it on. */
const found = z.union([z.undefined(), z.literal('ended'), z.custom<CancelTarget>(isTarget)]);

/** Finds a cancel key at another worker, by way of the primary. */
export class OtherWorkers implements Neighbours {
  readonly #post: Post;

  constructor(post: Post) {
    this.#post = post;
  }

  async findCancel(pid: number, key: Buffer): Promise<CancelTarget | 'ended' | undefined> {
    try {
      return found.parse(await this.#post.ask({ type: 'find-cancel', pid, key } satisfies WorkerAsks));
    } catch (cause) {
      throw notAnswered('no other worker could be asked whose cancel key it is', cause);
    }
  }
}

/** Made by this very program; only that it came whole is looked at. */
function isTarget(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'target' in value && 'upstream' in value;
}
