/**
 * Loaded before the gateway (`--expose-gc --import`), which is otherwise as it is in production: SIGWINCH collects
 * all garbage, so that what is left is what is held.
 */
process.on('SIGWINCH', () => globalThis.gc?.());
