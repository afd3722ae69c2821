import { makeVerifier, type Verifier } from '../../src/scram/verifier.ts';

/** The one role that may log in, alike at the gate and at every upstream, so that its proof passes through. */
export const ROLE = 'soak';
export const PASSWORD = 'a password of the soak';

/** What the catalog says of it. Derived anew in each process: it is no secret. */
export async function soakVerifier(): Promise<Verifier> {
  return await makeVerifier(PASSWORD, Buffer.from('a salt of 16 B..'), 4096);
}
