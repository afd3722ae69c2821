import { InvalidArgumentError } from 'commander';

const MAX_PORT = 65_535;

/** An option's port number; 0 where any free one will do. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= MAX_PORT)) throw new InvalidArgumentError(`A port is a number from 0 to ${MAX_PORT}.`);
  return port;
}
