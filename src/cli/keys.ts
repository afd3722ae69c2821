import { Command } from 'commander';
import { rotateKeys } from '../store/rotate-keys.ts';
import { onCatalog } from './catalog-command.ts';
import { type ConfigFlags, configOptions } from './config-options.ts';
import { sealCommand } from './keys-seal.ts';
import { type OutputFlags, outputOption, show } from './output.ts';

type Flags = ConfigFlags & OutputFlags;

/** `portcullis keys`: the key that seals secrets in the catalog. */
export function keysCommand(): Command {
  const rotate = new Command('rotate').description('a new key, everything sealed anew, the old keys removed');
  return new Command('keys')
    .description('the key for sealed secrets')
    .addCommand(outputOption(configOptions(rotate)).action(rotateNow))
    .addCommand(sealCommand());
}

async function rotateNow(flags: Flags): Promise<void> {
  await onCatalog(flags, async ({ desk, location }) => {
    const { key, resealed, dropped } = await rotateKeys(desk, location);
    show({ key, resealed, dropped }, flags, () => {
      const secrets = resealed === 1 ? '1 secret is' : `${resealed} secrets are`;
      return `${secrets} sealed with the new key ${key}; removed: ${dropped.join(', ')}\n`;
    });
  });
}
