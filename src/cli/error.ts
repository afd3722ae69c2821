/**
 * A command that did not do what it was asked. The main program prints the message after `portcullis: ` on one
 * line of stderr and ends with the exit status, 1 for a failure, 2 for wrong usage or configuration. The message
 * says what is wrong and the mend, and holds no secret.
 */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
