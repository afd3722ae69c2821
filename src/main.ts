import { runCommand } from './cli/program.ts';

void runCommand(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});
