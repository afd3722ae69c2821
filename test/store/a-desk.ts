import { randomBytes, randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Command } from '../../src/catalog/commands.ts';
import { Secret } from '../../src/catalog/secret.ts';
import type { CatalogLocation } from '../../src/config/server-config.ts';
import { carryOut } from '../../src/control/carry-out.ts';
import { CatalogFileDesk } from '../../src/store/catalog-desk.ts';

export const CHANCE = { now: () => new Date(), randomBytes, randomInt: (bound: number) => randomInt(bound) };
export const ROLE = { type: 'set-upstream', role: 'app', login: { password: new Secret('horse') } } as const;

export function deskOf(location: CatalogLocation): CatalogFileDesk {
  return new CatalogFileDesk(location, { env: {} });
}

/** Carries commands out. @returns the catalog's text afterwards */
export async function carry(location: CatalogLocation, ...commands: readonly Command[]): Promise<string> {
  for (const command of commands) await carryOut(deskOf(location), command, CHANCE);
  return await readFile(location.file, 'utf8');
}
