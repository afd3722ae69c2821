import { inspect } from 'node:util';

/**
 * Text that must reach neither a log, nor an error, nor JSON: printing one by mistake prints `[secret]`.
 * `reveal()` is the only way to the text, so that every use can be found by its name.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
