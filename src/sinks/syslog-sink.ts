import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { Sink, TrailRecord } from './sink.ts';
import { SyslogConnection, type SyslogPatience, type SyslogServer } from './syslog-connection.ts';
import { type SyslogSender, syslogFrame } from './syslog-message.ts';

const SECOND = 1000;

const PATIENCE: SyslogPatience = {
  connect: 10 * SECOND,
  write: 30 * SECOND,
  end: 10 * SECOND,
};

/** How often a connection is ended to learn whether everything has arrived; after an outage so much comes again. */
const SETTLE_AFTER_MS = 10 * SECOND;

/**
 * The silence before we end our side, in ms. A server that ends its own just then, of its own accord, had this long
 * to read what was sent; what it had not read makes it reset the connection, which is no receipt.
 */
const QUIET_MS = 250;

export interface SyslogOptions extends SyslogServer {
  readonly patience?: Partial<SyslogPatience>;
  readonly settleAfter?: number;
  readonly sender?: SyslogSender;
}

/**
 * Sends records by syslog over TCP (RFC 6587, octet counting) or TLS (RFC 5425). Neither has receipts, and what was
 * written to a server that dies is lost without a sound. So a connection is ended every so often, and the server's own
 * end taken as the receipt; until then everything counts as not sent.
 */
export class SyslogSink implements Sink {
  readonly name = 'syslog';
  readonly settleAfter: number;
  readonly #options: SyslogOptions;
  readonly #patience: SyslogPatience;
  readonly #sender: SyslogSender;
  #connection: SyslogConnection | undefined;

  constructor(options: SyslogOptions) {
    this.#options = options;
    this.#patience = { ...PATIENCE, ...options.patience };
    this.settleAfter = options.settleAfter ?? SETTLE_AFTER_MS;
    this.#sender = options.sender ?? { hostname: hostname(), pid: process.pid };
  }

  async deliver(records: readonly TrailRecord[], signal: AbortSignal): Promise<void> {
    const bytes = Buffer.concat(records.map((record) => syslogFrame(record, this.#sender)));
    await this.#trying(async () => {
      this.#connection ??= await SyslogConnection.open(this.#options, this.#patience, signal);
      await this.#connection.write(bytes, signal);
    });
  }

  async settle(signal: AbortSignal): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    await this.#trying(async () => {
      await setTimeout(QUIET_MS, undefined, { signal });
      await connection.finish(signal);
      this.#connection = undefined;
    });
  }

  close(): void {
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  /** A failure ends the connection; it is told with the server's name, and the next try begins anew. */
  async #trying(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.close();
      const { host, port } = this.#options;
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`${host}:${port}: ${why}`, { cause: error });
    }
  }
}
