import { Command } from 'commander';
import { openConfigured } from '../app/configured.ts';
import { stopSignal } from '../app/signals.ts';
import { type ConfigFlags, configOptions, configPath } from './config-options.ts';
import { explained } from './explained.ts';

export function startCommand(): Command {
  return configOptions(
    new Command('start').description(
      'run the gateway: from a file, or from PORTCULLIS_* variables where there is none',
    ),
  ).action(async (flags: ConfigFlags) => {
    await explained(async () => {
      const running = await openConfigured({ path: await configPath(flags), env: process.env });
      const { server, config, log } = running;
      log.info({ ports: server.ports, admin: server.adminPort }, 'ready');
      const signal = await stopSignal(() => void server.reload());
      log.info({ signal, drain_ms: config.drain }, 'draining');
      await server.stop(config.drain);
      log.info('stopped');
    });
  });
}
