import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';

/** Variables that are the primary's alone: its secrets, and the sockets that an init system gave it (sd_listen_fds(3)). */
const OURS = /^(?:PORTCULLIS_|LISTEN_(?:PID|FDS|FDNAMES)$)/;

/**
 * Starts a worker's process.
 * @param name and `level` of its log are all that anybody sees of it in a list of processes.
 */
export function startWorker(name: number, level: string): Worker {
  // Workers accept from sockets that they share. The kernel holds a flood that nobody takes, within its bound; dealt
  // out by the primary (SCHED_RR), it would use up the primary's descriptors.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({
    exec: fileURLToPath(new URL('./worker-main.ts', import.meta.url)),
    args: [String(name), level],
    serialization: 'advanced',
    // Standard output may be the audit trail's.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ours = Object.keys(process.env).filter((key) => OURS.test(key));
  return cluster.fork(Object.fromEntries(ours.map((key) => [key, undefined])));
}
