import { inspect } from 'node:util';

/**
 * What must reach neither a log, nor an error, nor JSON: printing one by mistake prints `[secret]`.
 * `reveal()` is the only way to it, so that every use can be found by its name.
 */
export class Secret<Value = string> {
  readonly #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  reveal(): Value {
    return this.#value;
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
