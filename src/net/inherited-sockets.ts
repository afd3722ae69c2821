import { readFileSync, readlinkSync } from 'node:fs';
import { type Address, formatAddress, parseAddress } from '../allowlist/address.ts';

/** A listening TCP socket that the init system opened for us. */
export interface InheritedSocket {
  readonly fd: number;
  /** As `formatAddress` has it. */
  readonly address: string;
  readonly port: number;
}

/** What the init system gave does not fit. The message is one line with the mend. */
export class InheritedSocketsError extends Error {
  override readonly name = 'InheritedSocketsError';
}

/** SD_LISTEN_FDS_START of sd_listen_fds(3). */
const FIRST_FD = 3;
/** More than anybody listens on; a number beyond that is a mistake. */
const MAX_FDS = 1024;
/** proc(5): hexadecimal words of the machine's own byte order, colon, port; state 0A is TCP_LISTEN. */
const ROW = /^ *\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) \S+ 0A \S+ \S+ \S+ +\d+ +\d+ (\d+) /gm;

interface Proc {
  readonly link: (fd: number) => string;
  readonly table: (name: 'tcp' | 'tcp6') => string;
}

const PROC: Proc = {
  link: (fd) => readlinkSync(`/proc/self/fd/${fd}`),
  table: (name) => readFileSync(`/proc/self/net/${name}`, 'latin1'),
};

/**
 * Sockets handed over by the protocol of sd_listen_fds(3). Its variables are taken out of the environment, so that no
 * child believes them to be its own.
 * @returns undefined where none were meant for this process.
 * @throws InheritedSocketsError
 */
export function takeInheritedSockets(
  env: Record<string, string | undefined>,
  pid: number,
  proc: Proc = PROC,
): readonly InheritedSocket[] | undefined {
  const { LISTEN_PID: meant, LISTEN_FDS: count } = env;
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name];
  if (meant === undefined || Number(meant) !== pid || count === undefined) return undefined;
  if (!/^\d+$/.test(count) || Number(count) > MAX_FDS)
    throw new InheritedSocketsError(
      `LISTEN_FDS is no number of sockets up to ${MAX_FDS}: mend the socket unit`,
    );
  const fds = Array.from({ length: Number(count) }, (_, n) => FIRST_FD + n);
  const listening = fds.length === 0 ? new Map() : listeningSockets(proc);
  return fds.map((fd) => socketAt(fd, proc, listening));
}

type Place = Omit<InheritedSocket, 'fd'>;

function socketAt(fd: number, { link }: Proc, listening: ReadonlyMap<string, Place>): InheritedSocket {
  const place = listening.get(/^socket:\[(\d+)\]$/.exec(linkOf(link, fd))?.[1] ?? '');
  if (place !== undefined) return { fd, ...place };
  throw new InheritedSocketsError(
    `descriptor ${fd} from LISTEN_FDS is no listening TCP socket: the socket unit needs ListenStream=address:port, and Accept=no`,
  );
}

function linkOf(link: Proc['link'], fd: number): string {
  try {
    return link(fd);
  } catch {
    // There is no such descriptor, which is told as any other that is none.
    return '';
  }
}

/** By their inodes. */
function listeningSockets({ table }: Proc): ReadonlyMap<string, Place> {
  const found = new Map<string, Place>();
  for (const name of ['tcp', 'tcp6'] as const) {
    for (const [, words = '', port = '', inode = ''] of tableOf(table, name).matchAll(ROW)) {
      found.set(inode, { address: formatAddress(addressOf(words)), port: Number.parseInt(port, 16) });
    }
  }
  return found;
}

function tableOf(table: Proc['table'], name: 'tcp' | 'tcp6'): string {
  try {
    return table(name);
  } catch {
    // A system without IPv6 has no table of it; one without any has no init system that hands over sockets.
    return '';
  }
}

/** Words of 32 bits, each with its bytes the other way round: all machines that Node 24 runs Linux on are little-endian, but s390x. */
function addressOf(words: string): Address {
  const bytes = Buffer.from(words, 'hex').swap32();
  const text = bytes.length === 4 ? bytes.join('.') : (bytes.toString('hex').match(/.{4}/g) ?? []).join(':');
  const address = parseAddress(text);
  if (address === undefined) throw new TypeError('not an address of the kernel');
  return address;
}

/** A listener as configured, on a socket that is open already. */
export type OnSocket<Listener> = Listener & { readonly fd: number };

/**
 * Gives each listener its socket.
 * @throws InheritedSocketsError where one has none, or a socket is left over: what an operator opened is not ignored.
 */
export function onInheritedSockets<Listener extends { readonly host: string; readonly port: number }>(
  listen: readonly Listener[],
  sockets: readonly InheritedSocket[],
): OnSocket<Listener>[] {
  const left = new Set(sockets);
  const placed = listen.map((listener) => {
    const host = parseAddress(listener.host);
    const wanted = host === undefined ? listener.host : formatAddress(host);
    const socket = [...left].find(({ address, port }) => address === wanted && port === listener.port);
    if (socket === undefined) throw unmatched(`listen has ${nameOf(wanted, listener.port)}`, sockets);
    left.delete(socket);
    return { ...listener, fd: socket.fd };
  });
  const [extra] = left;
  if (extra === undefined) return placed;
  throw unmatched(`listen does not have ${nameOf(extra.address, extra.port)}`, sockets);
}

function unmatched(what: string, sockets: readonly InheritedSocket[]): InheritedSocketsError {
  const given = sockets.map(({ address, port }) => nameOf(address, port)).join(', ');
  return new InheritedSocketsError(
    `${what}, and the init system opened ${given || 'nothing'} (LISTEN_FDS): write the same addresses in both, as numbers`,
  );
}

function nameOf(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
