import type { ConnectionRecord } from '../../src/session/record.ts';

/** What is known of a connection, in tests. */
export function aRecord(changes: Partial<ConnectionRecord> = {}): ConnectionRecord {
  return {
    id: 's1',
    address: '192.0.2.1',
    port: 4711,
    local: { address: '192.0.2.9', port: 6432 },
    acceptedAt: performance.now(),
    kind: 'session',
    bytesFromClient: 10,
    bytesFromUpstream: 20,
    ...changes,
  };
}
