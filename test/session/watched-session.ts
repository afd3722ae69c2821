import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import pg from 'pg';
import { IdleWatch } from '../../src/session/idle-watch.ts';
import { FrameScanner } from '../../src/wire/frame-scanner.ts';
import { clientLengths, upstreamLengths } from '../../src/wire/length-rules.ts';
import { startupMessage } from '../support/frontend-messages.ts';
import type { TestPostgres } from '../support/postgres.ts';

/** How long the two may take to agree, in ms: far beyond what a busy machine needs. */
const PATIENCE_MS = 5000;
/** After so long without a byte, in ms, nothing more is expected. */
const QUIET_MS = 10;
/** Far beyond any test. */
const NEVER_MS = 3_600_000;

/** What PostgreSQL says of a session (manual, 27.2.3 pg_stat_activity). */
interface Activity {
  readonly state: string;
  readonly wait_event: string | null;
}

/** A session with a real PostgreSQL, watched as a relay does; and the server's own opinion of it. */
export class WatchedSession implements AsyncDisposable {
  readonly watch = new IdleWatch(NEVER_MS, () => {});
  /** Everything that came so far. */
  said = Buffer.alloc(0);
  readonly #socket: Socket;
  readonly #control: pg.Client;
  readonly #fromClient = new FrameScanner(this.watch.fromClient(clientLengths));
  readonly #fromUpstream = new FrameScanner(this.watch.fromUpstream(upstreamLengths));
  readonly #cuts: () => number;
  #pid = 0;

  private constructor(socket: Socket, control: pg.Client, cuts: () => number) {
    this.#socket = socket;
    this.#control = control;
    this.#cuts = cuts;
  }

  /** @param cuts how many bytes of what comes are looked at at a time. */
  static async open(postgres: TestPostgres, cuts = () => Number.POSITIVE_INFINITY): Promise<WatchedSession> {
    const { superuser } = postgres;
    const control = new pg.Client(superuser);
    await control.connect();
    const socket = connect({ path: `${superuser.host}/.s.PGSQL.${superuser.port}` });
    await once(socket, 'connect');
    const session = new WatchedSession(socket, control, cuts);
    socket.write(startupMessage({ user: superuser.user, database: superuser.database }));
    await session.#greeted();
    return session;
  }

  send(...messages: readonly Buffer[]): void {
    const bytes = Buffer.concat(messages);
    if (this.#fromClient.scan(bytes) < 0) throw new Error('a message that no client may send');
    this.#socket.write(bytes);
  }

  /** Waits until letters have come that match, and forgets them. */
  async until(letter: string): Promise<void> {
    await this.#until(() => this.said.includes(letter));
    this.said = Buffer.alloc(0);
  }

  /** The server's opinion, once it has nothing more to do for now. */
  async activity(): Promise<Activity> {
    for (;;) {
      const before = this.said.length;
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
      const { rows } = await this.#control.query<Activity>(
        'SELECT state, wait_event FROM pg_stat_activity WHERE pid = $1',
        [this.#pid],
      );
      const [activity] = rows;
      if (activity === undefined) throw new Error('the server has ended the session');
      if (activity.wait_event === 'ClientRead' && this.said.length === before) return activity;
    }
  }

  /**
   * Whether watch and server agree, at the latest when all that is on its way has come. Half way through a pipeline
   * they may agree on something else than they will.
   */
  async agrees(idle?: boolean): Promise<{ watch: boolean; server: string; agreed: boolean }> {
    const late = performance.now() + PATIENCE_MS;
    for (;;) {
      const { state } = await this.activity();
      const watch = this.watch.idle;
      const agreed = watch === (state === 'idle');
      if ((agreed && (idle === undefined || watch === idle)) || performance.now() > late)
        return { watch, server: state, agreed };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.watch.stop();
    this.#socket.destroy();
    await this.#control.end();
  }

  async #greeted(): Promise<void> {
    let greeting = Buffer.alloc(0);
    while (!greeting.toString('latin1').endsWith('Z\0\0\0\x05I')) {
      const [chunk] = (await once(this.#socket, 'data')) as [Buffer];
      greeting = Buffer.concat([greeting, chunk]);
    }
    this.#pid = greeting.readInt32BE(greeting.indexOf('K\0\0\0\x0c', 0, 'latin1') + 5);
    this.#socket.on('data', (chunk: Buffer) => this.#hear(chunk));
  }

  #hear(chunk: Buffer): void {
    this.said = Buffer.concat([this.said, chunk]);
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + this.#cuts());
      this.#fromUpstream.scan(piece);
      this.watch.upstreamSent(piece);
      at += piece.length;
    }
  }

  async #until(holds: () => boolean): Promise<void> {
    const late = performance.now() + PATIENCE_MS;
    while (!holds()) {
      if (performance.now() > late) throw new Error(`nothing more came: ${this.said.toString('latin1')}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}
