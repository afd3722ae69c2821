import { CancelThrottle } from './cancel-throttle.ts';
import type { ThrottleSettings } from './limits.ts';
import { Lockouts } from './lockouts.ts';
import { LoginThrottle } from './login-throttle.ts';
import type { ThrottleStore } from './ports.ts';

/** What stands between a guesser and his next guess. */
export interface Throttle {
  readonly logins: LoginThrottle;
  readonly cancels: CancelThrottle;
  readonly lockouts: Lockouts;
}

export function createThrottle(settings: ThrottleSettings, store: ThrottleStore): Throttle {
  const logins = new LoginThrottle(settings, store);
  const cancels = new CancelThrottle(settings, store);
  const { pairs, sources, targets } = logins;
  const dimensions = [pairs, sources.address, sources.network, targets.role, targets.branch];
  return { logins, cancels, lockouts: new Lockouts([...dimensions, cancels.dimension]) };
}
