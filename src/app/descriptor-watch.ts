import type { Logger } from 'pino';
import { hasDescriptorLeft } from '../net/descriptors.ts';

/** Between two looks, in ms; each opens and closes a file, which takes microseconds. */
const LOOK_MS = 1000;

/** Says once in the log when descriptors have run out, and once when there are some again. */
export function watchDescriptors(log: Logger, isLeft: () => boolean = hasDescriptorLeft): { close(): void } {
  let wasLeft = true;
  const look = (): void => {
    const left = isLeft();
    if (wasLeft && !left) log.error('no file descriptor is left: new connections are lost, raise ulimit -n');
    if (!wasLeft && left) log.info('there are file descriptors again');
    wasLeft = left;
  };
  const timer = setInterval(look, LOOK_MS).unref();
  return { close: () => clearInterval(timer) };
}
