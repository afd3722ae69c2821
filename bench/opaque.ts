import { registerHooks } from 'node:module';

/**
 * Loaded before the gateway (`--import`): the relay then follows no frames, and is otherwise what it is. What following
 * them costs is the difference.
 */
registerHooks({
  resolve: (specifier, context, next) =>
    next(
      specifier.endsWith('/frame-scanner.ts')
        ? new URL('opaque-scanner.ts', import.meta.url).href
        : specifier,
      context,
    ),
});
