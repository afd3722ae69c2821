import { Command } from 'commander';
import { certsInitCommand } from './certs-init.ts';
import { certsInspectCommand } from './certs-inspect.ts';

/** `portcullis certs`: an authority and a server certificate; what a certificate is good for. */
export function certsCommand(print: (text: string) => void = printOut): Command {
  return new Command('certs')
    .description('make and inspect TLS certificates')
    .addCommand(certsInitCommand(print))
    .addCommand(certsInspectCommand(print));
}

function printOut(text: string): void {
  process.stdout.write(text);
}
