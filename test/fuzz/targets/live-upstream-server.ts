import { createServer, type Server, type Socket } from 'node:net';
import { type Plan, play } from './live-plan.ts';

/** An upstream that says its part to whoever dials, whatever they say. */
export class FuzzedUpstream {
  readonly host = '127.0.0.1';
  readonly #server: Server;
  #plan: Plan | undefined;

  private constructor() {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => void this.#serve(socket));
  }

  static async open(): Promise<FuzzedUpstream> {
    const upstream = new FuzzedUpstream();
    await new Promise<void>((resolve) => upstream.#server.listen(0, upstream.host, resolve));
    return upstream;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** From now on. */
  follow(plan: Plan): void {
    this.#plan = plan;
  }

  close(): void {
    this.#server.close();
  }

  async #serve(socket: Socket): Promise<void> {
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.resume();
    const plan = this.#plan;
    if (plan === undefined) return;
    await play(plan, socket);
    if (plan.ending === 'reset') socket.resetAndDestroy();
    if (plan.ending === 'destroy') socket.destroySoon();
    if (plan.ending === 'half-close') socket.end();
  }
}
