import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { CliError } from './error.ts';

const DEFAULT_CONFIG = 'config/portcullis.yaml';

export interface ConfigFlags {
  readonly config?: string;
  readonly dir?: string;
}

/** The two options by which every command finds its configuration. */
export function configOptions(command: Command): Command {
  return command
    .option('--config <file>', `the configuration (default: ${DEFAULT_CONFIG})`)
    .option('--dir <folder>', 'short for --config <folder>/portcullis.yaml');
}

/**
 * @returns the file to read, or undefined: none was named and none is at the default place, so that the
 * environment's variables count.
 * @throws CliError where both were named.
 */
export async function configPath({ config, dir }: ConfigFlags): Promise<string | undefined> {
  if (config !== undefined && dir !== undefined) throw new CliError('give --config or --dir, not both', 2);
  const named = dir === undefined ? config : join(dir, 'portcullis.yaml');
  if (named !== undefined) return named;
  return await access(DEFAULT_CONFIG).then(
    () => DEFAULT_CONFIG,
    () => undefined,
  );
}
