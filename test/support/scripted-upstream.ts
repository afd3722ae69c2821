import { createServer, type Server, type Socket } from 'node:net';
import { mechanisms, readClientFirst } from '../../src/scram/server.ts';
import { parseSaslInitialResponse } from '../../src/wire/login-messages.ts';
import type { OpeningPacket } from '../../src/wire/opening-packet.ts';
import { Conversation } from './conversation.ts';
import { type Script, type Step, sasl } from './upstream-steps.ts';

type Cancel = Extract<OpeningPacket, { kind: 'cancel-request' }>;

/** Turns of 5 ms in which an upstream hears of what was closed. */
const MAX_TURNS = 600;

/** Ends a script early: the connection was for a CancelRequest. */
class WasCancel extends Error {}

export interface UpstreamWish {
  /** For every connection, or the first's, the second's, …; the last one goes on. */
  readonly scripts: readonly Script[];
  /** A folder for a Unix socket instead of TCP. */
  readonly socketDir?: string;
  /** What a connection that brings a CancelRequest meets. */
  readonly onCancel?: Step;
}

/** An upstream that follows scripts and remembers what came. */
export class ScriptedUpstream {
  readonly conversations: Conversation[] = [];
  readonly cancels: Cancel[] = [];
  readonly #server: Server;
  readonly #wish: UpstreamWish;
  readonly #open = new Set<Socket>();
  /** Where it is: for an UpstreamTarget. */
  host = '127.0.0.1';
  port = 5432;

  private constructor(wish: UpstreamWish) {
    this.#wish = wish;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  static async open(wish: UpstreamWish): Promise<ScriptedUpstream> {
    const upstream = new ScriptedUpstream(wish);
    const server = upstream.#server;
    if (wish.socketDir === undefined) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      upstream.port = typeof address === 'object' && address !== null ? address.port : 0;
    } else {
      upstream.host = wish.socketDir;
      await new Promise<void>((resolve) =>
        server.listen(`${wish.socketDir}/.s.PGSQL.${upstream.port}`, resolve),
      );
    }
    return upstream;
  }

  /** Connections that the other side has not closed yet. */
  get connections(): number {
    return this.#open.size;
  }

  /** The n-th connection, once its script has come to an end or is waiting for the next thing. */
  conversation(n = 0): Conversation {
    const found = this.conversations.at(n);
    if (found === undefined) throw new Error(`connection ${n} never came`);
    return found;
  }

  /** Waits until the other side has closed all it opened, or for so long that it has forgotten some. */
  async deserted(): Promise<void> {
    for (let turns = 0; this.#open.size > 0 && turns < MAX_TURNS; turns += 1) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Takes no more connections. */
  refuse(): void {
    this.#server.close();
  }

  close(): void {
    this.#server.close();
    for (const conversation of this.conversations) conversation.destroy();
  }

  #accept(socket: Socket): void {
    this.#open.add(socket);
    socket.on('close', () => this.#open.delete(socket));
    const { scripts } = this.#wish;
    const conversation = new Conversation(socket);
    const script = scripts[Math.min(this.conversations.length, scripts.length - 1)] ?? [];
    this.conversations.push(conversation);
    void this.#play(conversation, script);
  }

  async #play(conversation: Conversation, script: Script): Promise<void> {
    try {
      for (const step of script) await this.#take(conversation, step);
      // Whoever is left closes too, so that no connection stays for the test's own sake.
      await conversation.inbox.until(() => conversation.inbox.over);
    } catch (error) {
      // Not a conversation of its own: the next one is to get the script that this one did not use.
      if (error instanceof WasCancel) this.conversations.splice(this.conversations.indexOf(conversation), 1);
      else conversation.failure = error;
    }
    conversation.destroy();
  }

  async #take(conversation: Conversation, step: Step): Promise<void> {
    switch (step.kind) {
      case 'expect':
        return await this.#expect(conversation, step.what);
      case 'send':
        return conversation.send(step.bytes);
      case 'tls':
        return conversation.upgrade(step.certificate);
      case 'scram':
        return await serveScram(conversation, step);
      case 'do':
        return await step.work(conversation);
      case 'close':
        return conversation.end();
      case 'reset':
        conversation.socket.resetAndDestroy();
        return;
      case 'hang':
        return await conversation.inbox.until(() => conversation.inbox.over);
    }
  }

  async #expect(conversation: Conversation, what: string): Promise<void> {
    if (what !== 'startup' && what !== 'ssl-request') {
      const { type } = await conversation.readFrame();
      if (String.fromCharCode(type) !== what)
        throw new Error(`${String.fromCharCode(type)} came, not ${what}`);
      return;
    }
    const packet = await conversation.readOpening();
    if (packet.kind === 'startup') conversation.startup = packet;
    if (packet.kind === 'cancel-request') {
      this.cancels.push(packet);
      await this.#take(conversation, this.#wish.onCancel ?? { kind: 'close' });
      throw new WasCancel();
    }
    if (packet.kind !== what) throw new Error(`${packet.kind} came, not ${what}`);
  }
}

async function serveScram(conversation: Conversation, step: Extract<Step, { kind: 'scram' }>): Promise<void> {
  const { verifier, spoil } = step;
  conversation.send(sasl.offer(spoil.mechanisms ?? mechanisms(spoil.binding)));
  const initial = parseSaslInitialResponse(await conversation.readFrame());
  const context = { binding: spoil.binding, nonce: 'upstreamNonce', verifier };
  const first = readClientFirst(initial.mechanism, initial.data, context);
  if (first.kind === 'failure') throw new Error(first.reason);
  const changed = (bytes: Buffer, change = (text: string): string => text): Buffer =>
    Buffer.from(change(bytes.toString()));
  conversation.send(sasl.first(changed(first.reply, spoil.first)));
  const verdict = first.final((await conversation.readFrame()).body);
  if (verdict.kind !== 'success') throw new Error(`the gateway's proof: ${verdict.kind}`);
  conversation.send(sasl.last(changed(verdict.reply, spoil.final)));
}
