import { existsSync, readFileSync } from 'node:fs';

/** The kernel's table of connections (proc(5), /proc/net/tcp): `sl local rem st tx:rx tr:when …`. */
const TABLE = '/proc/net/tcp';
/** `tr` of a connection whose keepalive timer runs. */
const KEEPALIVE = 2;
/** `when` counts in USER_HZ, ticks of 10 ms. */
const TICK_MS = 10;

/** Why a test of the kernel's timers is to be skipped; false where it can run. */
export const noTimers = existsSync(TABLE) ? false : 'the kernel tells of its timers in /proc/net/tcp alone';

/** What is left, in ms, until the kernel asks for the peer of a connection; undefined where it never will. */
export function untilProbe(local: number, remote: number): number | undefined {
  const port = (text = ''): number => Number.parseInt(text.split(':')[1] ?? '', 16);
  for (const row of readFileSync(TABLE, 'utf8').split('\n').slice(1)) {
    const [, from, to, , , timer] = row.trim().split(/\s+/);
    if (port(from) !== local || port(to) !== remote) continue;
    const [kind = '', when = ''] = timer?.split(':') ?? [];
    return Number.parseInt(kind, 16) === KEEPALIVE ? Number.parseInt(when, 16) * TICK_MS : undefined;
  }
  throw new Error('no such connection');
}

/** Whether a timer of this span was set a moment ago. */
export function isAbout(left: number | undefined, span: number): boolean {
  return left !== undefined && left <= span && left > span / 2;
}
