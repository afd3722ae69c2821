// Plain JavaScript: bin/portcullis.cjs requires this file, and where a tool hooks `require`, no types are stripped.
import { runCommand } from './cli/program.ts';

let unwritten = false;

// An 'error' without a listener would end a gateway on the spot, and its database without a farewell. A reader that
// has had enough (`| head -1`) is none; what could not be written to a file is.
process.stdout.on('error', (error) => {
  const code = 'code' in error ? String(error.code) : error.name;
  if (code === 'EPIPE' || unwritten) return;
  unwritten = true;
  process.exitCode = 1;
  process.stderr.write(`portcullis: cannot write to standard output (${code})\n`);
});
// The log's, too, where it is a terminal that was closed: there is nobody left to be told.
process.stderr.on('error', () => {});

void runCommand(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = unwritten ? 1 : exitCode;
});
