import { randomInt } from 'node:crypto';
import type { Fresh } from '../../src/catalog/fresh.ts';
import type { Role } from '../../src/catalog/model.ts';
import type { Verifier } from '../../src/scram/verifier.ts';

/** A verifier that can be told from others by its salt. */
export function aVerifier(mark: string): Verifier {
  const key = Buffer.alloc(32, mark);
  return { iterations: 4096, salt: Buffer.alloc(16, mark), storedKey: key, serverKey: key };
}

export function aRole(name: string, other: Partial<Role> = {}): Role {
  return {
    name,
    verifier: aVerifier(name),
    verifierUnrated: false,
    connectionLimit: undefined,
    upstream: { role: undefined, login: undefined },
    ...other,
  };
}

/** When decisions of tests are made. */
export const NOW = new Date('2026-11-23T18:04:05.678Z');

/** New verifiers for these roles, told from `aRole`'s. */
export function freshFor(...roles: string[]): Fresh {
  return {
    now: NOW,
    randomInt: (bound) => randomInt(bound),
    verifiers: new Map(roles.map((role) => [role, aVerifier(`new ${role}`)])),
  };
}
