import { getHeapStatistics } from 'node:v8';

/** More than this behind the warm-up, in bytes, is memory that somebody keeps. */
export const MOST_GROWTH = 4 * 1_048_576;

/** No input is near this long: whoever wants so much at once has believed a length field. */
const LARGEST_ALLOCATION = 16 * 1_048_576;

const ALLOCATORS = ['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const;

/** Bytes in use, once nothing more can be freed; 0 where the process runs without --expose-gc. */
export async function heapInUse(): Promise<number> {
  const { gc } = globalThis;
  if (gc === undefined) return 0;
  // What a finalizer lets go of is gone after the next turn only.
  for (let round = 0; round < 3; round += 1) {
    gc();
    await new Promise(setImmediate);
  }
  return getHeapStatistics().used_heap_size + process.memoryUsage().arrayBuffers;
}

/** From here on a Buffer of more than 16 MiB is an error: memory that is not touched would never be noticed. */
export function forbidLargeBuffers(): void {
  for (const name of ALLOCATORS) {
    const allocate: (size: number, ...fill: never[]) => Buffer<ArrayBuffer> = Buffer[name];
    Buffer[name] = (size: number, ...fill: never[]) => {
      if (size > LARGEST_ALLOCATION) throw new Error(`a Buffer of ${size} bytes was wanted`);
      return allocate(size, ...fill);
    };
  }
}
