import { type RunningGateway, startGateway, verifierOf } from '../support/gateway.ts';
import type { WithTeardown } from '../support/postgres.ts';
import type { Guess } from './timing.ts';

/**
 * What a guesser would like to tell apart. All names are of one length and so are the answers. The same gate holds
 * a known role with a wrong password, a name that is no role, an endpoint that is none, and a role without login.
 */
export const GUESSES = {
  'known role': { role: 'known', endpoint: 'ep-known' },
  'unknown role': { role: 'nones', endpoint: 'ep-known' },
  'unknown endpoint': { role: 'known', endpoint: 'ep-nones' },
  'role without login': { role: 'ghost', endpoint: 'ep-known' },
} as const satisfies Record<string, Guess>;

/** A gateway with catalog verifiers, in a process of its own, that locks nobody out. */
export async function gatewayToGuessAt(t: WithTeardown): Promise<RunningGateway> {
  const known = { name: 'known', verifier: await verifierOf('a password nobody guesses') };
  const branch = {
    id: 'br-known',
    name: 'main',
    default: true,
    endpoints: [{ id: 'ep-known' }],
    allowed_ips: { ips: ['127.0.0.1'] },
    upstream: { host: '127.0.0.1', port: 1, sslmode: 'disable' },
    roles: [known, { name: 'ghost', no_login: true }],
  };
  return await startGateway(t, {
    projects: [{ id: 'shop', branches: [branch] }],
    // Not exempt, so that every guess is counted as a stranger's is.
    config: { limits: { failed_logins: { attempts: 1_000_000 } } },
  });
}
