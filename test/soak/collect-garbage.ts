/**
 * Loaded before the gateway (`--expose-gc --import`), which is otherwise as it is in production: SIGUSR2 collects
 * all garbage, so that what is left is what is held.
 */
process.on('SIGUSR2', () => globalThis.gc?.());
