import { Command } from 'commander';
import { type Configured, openConfigured } from '../app/configured.ts';
import { stopSignal } from '../app/signals.ts';
import { takeInheritedSockets } from '../net/inherited-sockets.ts';
import { RUNTIME } from '../net/runtime.ts';
import { type ConfigFlags, configOptions, configPath } from './config-options.ts';
import { explained } from './explained.ts';

export function startCommand(): Command {
  return configOptions(
    new Command('start').description(
      'run the gateway: from a file, or from PORTCULLIS_* variables where there is none',
    ),
  ).action(async (flags: ConfigFlags) => {
    await explained(async () => {
      const sockets = takeInheritedSockets(process.env, process.pid);
      let running: Configured | undefined;
      // From the first moment on: as process 1 of a container it would not even hear a signal that it has no ear for,
      // and elsewhere a reload that comes too early would end it.
      const stopped = stopSignal(() => void running?.server.reload());
      // Two restarts at a time are one.
      process.on('SIGUSR2', () => void running?.server.restart());
      running = await openConfigured({ path: await configPath(flags), env: process.env, sockets });
      const { server, config, log } = running;
      log.info({ ports: server.ports, admin: server.adminPort, runtime: RUNTIME }, 'ready');
      const signal = await stopped;
      log.info({ signal, drain_ms: config.drain }, 'draining');
      await server.stop(config.drain, signal);
      log.info('stopped');
    });
  });
}
