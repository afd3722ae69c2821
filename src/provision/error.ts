/** A branch's database could not be made, or a role changed. One line with the mend; never a secret. */
export class ProvisionError extends Error {
  override readonly name = 'ProvisionError';
}
