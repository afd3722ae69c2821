import type { AdmissionRecorder, Journal } from '../session/ports.ts';
import type { ConnectionRecord } from '../session/record.ts';
import type { Followed } from '../sql/followed.ts';
import type { Standing, WorkerAsks, WorkerTells } from './messages.ts';
import type { Post } from './post.ts';

/** Puts a worker's admissions on record: the primary answers once they are durable. */
export class SharedRecorder implements AdmissionRecorder {
  readonly #post: Post;
  readonly #standing: () => Standing;

  constructor(post: Post, standing: () => Standing) {
    this.#post = post;
    this.#standing = standing;
  }

  get obstacle(): string | undefined {
    return this.#standing().obstacle;
  }

  async admit(connection: ConnectionRecord): Promise<void> {
    const elapsed = performance.now() - connection.acceptedAt;
    await this.#post.ask({ type: 'admit', connection: { ...connection }, elapsed } satisfies WorkerAsks);
  }
}

/** What `AuditJournal` tells the trail, a worker tells the primary; in the same order. */
export class SharedJournal implements Journal {
  readonly #post: Post;

  constructor(post: Post) {
    this.#post = post;
  }

  opened(): void {}

  ended(record: ConnectionRecord): void {
    if (record.admittedAt !== undefined) this.#left(record);
    else
      this.#tell({ type: record.outcome === 'canceled' ? 'canceled' : 'refused', connection: { ...record } });
  }

  cancelFailed(): void {}

  defect(): void {}

  statement(record: ConnectionRecord, { tags, parameters, ...statement }: Followed): void {
    this.#tell({
      type: 'statement',
      connection: { ...record },
      statement: { ...statement, tags: [...tags], parameters: parameters && [...parameters] },
    });
  }

  passwordRefused(record: ConnectionRecord, why: string): void {
    this.#tell({ type: 'password-refused', connection: { ...record }, why });
  }

  /** The primary has the rest since the admission. */
  #left({
    id,
    acceptedAt,
    bytesFromClient,
    bytesFromUpstream,
    outcome,
    reason,
    detail,
  }: ConnectionRecord): void {
    const end = { bytesFromClient, bytesFromUpstream, outcome, reason, detail };
    this.#tell({ type: 'left', id, end, duration: Math.round(performance.now() - acceptedAt) });
  }

  #tell(body: WorkerTells): void {
    this.#post.tell(body);
  }
}
