import { ConfigurationError } from '../app/configuration-error.ts';
import { ChoiceError } from '../app/connection-string.ts';
import { explainListenError } from '../app/explain.ts';
import { WorkerFailed } from '../app/worker-process.ts';
import { Rejected } from '../catalog/rejection.ts';
import { CertificateError } from '../certificates/error.ts';
import { DevError } from '../dev/error.ts';
import { CertificateFilesError } from '../net/certificate-problem.ts';
import { InheritedSocketsError } from '../net/inherited-sockets.ts';
import { ProvisionError } from '../provision/error.ts';
import { CatalogNotWritten, UnusableCatalog } from '../store/catalog-errors.ts';
import { UneditableCatalog } from '../store/catalog-nodes.ts';
import { TrailError } from '../trail/error.ts';
import { CliError } from './error.ts';

/**
 * Runs a command's work and turns the errors that a person can mend into CliErrors; any other is a defect and
 * goes on as it is.
 */
export async function explained(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw explain(error);
  }
}

function explain(error: unknown): unknown {
  const listen = explainListenError(error);
  if (listen !== undefined) return new CliError(listen, 1, { cause: error });
  if (error instanceof DevError || error instanceof ProvisionError || error instanceof CertificateError) {
    return new CliError(error.message, 1, { cause: error });
  }
  if (error instanceof ConfigurationError) return new CliError(error.message, 2, { cause: error });
  if (error instanceof ChoiceError) return new CliError(error.message, 2, { cause: error });
  if (error instanceof CertificateFilesError) return new CliError(error.message, 2, { cause: error });
  if (error instanceof InheritedSocketsError) return new CliError(error.message, 2, { cause: error });
  if (error instanceof UnusableCatalog) return new CliError(error.message, 2, { cause: error });
  if (error instanceof Rejected) {
    return new CliError(error.message, error.fault === 'wish' ? 2 : 1, { cause: error });
  }
  if (error instanceof CatalogNotWritten || error instanceof UneditableCatalog) {
    return new CliError(error.message, 1, { cause: error });
  }
  if (error instanceof WorkerFailed) return new CliError(error.message, 1, { cause: error });
  if (error instanceof TrailError) return new CliError(error.message, 1, { cause: error });
  return error;
}
