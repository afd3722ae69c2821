import type { Sent } from '../../src/sql/sent.ts';
import type { Said } from './sent-messages.ts';

/** A server as the manual tells it: what it answers, and what it says that ran. */
export class ServerModel {
  readonly ran: string[] = [];
  readonly said: Said[] = [];
  #skips = false;
  #portal = '?';
  #parsed = '?';

  take(sent: Sent, fails: boolean): void {
    if (sent.step === 'sync') {
      this.#skips = false;
      this.said.push('Z');
    } else if (this.#skips) return;
    else if (sent.step === 'query') {
      this.ran.push(`${fails ? 'failed' : 'done'} ${sent.text?.shown}`);
      this.said.push(fails ? 'E 22012' : 'C X', 'Z');
    } else if (fails) {
      this.#skips = true;
      this.said.push('E 22012');
      if (sent.step === 'execute') this.ran.push(`failed ${this.#portal}`);
    } else this.#extended(sent);
  }

  #extended(sent: Sent): void {
    if (sent.step === 'parse') {
      this.#parsed = sent.text?.shown ?? '';
      this.said.push('1');
    } else if (sent.step === 'bind') {
      this.#portal = this.#parsed;
      this.said.push('2');
    } else if (sent.step === 'execute') {
      this.ran.push(`done ${this.#portal}`);
      this.said.push('C X');
    } else if (sent.step === 'describe') this.said.push('n');
  }
}
