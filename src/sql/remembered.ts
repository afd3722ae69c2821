/** How much is remembered; sizes are the caller's own. */
export interface MemoryBounds {
  readonly entries: number;
  readonly bytes: number;
}

/** What stands under names, as long as there is room: the oldest is forgotten first. */
export class Remembered<Value> {
  readonly #values = new Map<string, { readonly value: Value; readonly bytes: number }>();
  readonly #bounds: MemoryBounds;
  #bytes = 0;

  constructor(bounds: MemoryBounds) {
    this.#bounds = bounds;
  }

  get(name: string): Value | undefined {
    return this.#values.get(name)?.value;
  }

  set(name: string, value: Value, bytes: number): void {
    if (this.#values.has(name)) this.delete(name);
    this.#values.set(name, { value, bytes });
    this.#bytes += bytes;
    if (this.#bytes > this.#bounds.bytes || this.#values.size > this.#bounds.entries) this.#forget();
  }

  #forget(): void {
    for (const oldest of this.#values.keys()) {
      if (this.#bytes <= this.#bounds.bytes && this.#values.size <= this.#bounds.entries) break;
      this.delete(oldest);
    }
  }

  delete(name: string): void {
    this.#bytes -= this.#values.get(name)?.bytes ?? 0;
    this.#values.delete(name);
  }

  clear(): void {
    this.#values.clear();
    this.#bytes = 0;
  }
}
