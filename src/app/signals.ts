/** A terminal's Ctrl-C may reach us twice, once by npm; within this time, in ms, it is one and the same. */
const ECHO_MS = 500;

/**
 * Resolves with the first SIGINT or SIGTERM. A later one is for the impatient: it ends the process at once.
 * @param onHangup SIGHUP's meaning; without one it ends things as SIGTERM does, since the terminal is gone.
 */
export function stopSignal(onHangup?: () => void): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  let firstAt: number | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    if (firstAt !== undefined && performance.now() - firstAt > ECHO_MS) process.exit(1);
    firstAt ??= performance.now();
    resolve(signal);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('SIGHUP', onHangup ?? stop);
  return promise;
}
