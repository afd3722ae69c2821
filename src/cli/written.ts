/**
 * Writes to standard output and waits until there is room for more, so that a slow reader of a long text costs no
 * memory.
 * @returns false once nobody reads any more.
 */
export async function written(text: string): Promise<boolean> {
  const { stdout } = process;
  if (!stdout.writable) return false;
  if (stdout.write(text)) return true;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      for (const event of ['drain', 'close', 'error']) stdout.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) stdout.on(event, done);
  });
  return stdout.writable;
}
