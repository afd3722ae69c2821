import { allowlistFrom } from '../allowlist/entries.ts';
import type { Limits } from '../config/limits.ts';
import type { ConfiguredListener } from '../config/server-config.ts';
import type { ListenAddress } from '../net/listener.ts';

/** Where a gateway listens, and whose PROXY headers it believes there. */
export function listenerOf({ keepalive }: Pick<Limits, 'keepalive'>) {
  return ({ host, port, fd, proxiedBy }: ConfiguredListener): ListenAddress => ({
    host,
    port,
    fd,
    keepalive,
    proxiedBy: proxiedBy && allowlistFrom(proxiedBy, `listener ${host}:${port}`),
  });
}
