/** A shrunk input is worth this much time and no more, in ms. */
const PATIENCE_MS = 10_000;

/**
 * Takes pieces out of an input for as long as it still fails, larger ones first (Zeller and Hildebrandt,
 * "Simplifying and Isolating Failure-Inducing Input", 2002).
 */
export async function shrink(input: Buffer, fails: (input: Buffer) => Promise<boolean>): Promise<Buffer> {
  const deadline = performance.now() + PATIENCE_MS;
  let smallest = input;
  for (let size = Math.ceil(input.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < smallest.length; ) {
      if (performance.now() > deadline) return smallest;
      const shorter = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + size)]);
      if (await fails(shorter)) smallest = shorter;
      else at += size;
    }
  }
  return smallest;
}
