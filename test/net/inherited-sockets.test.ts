import t from 'tap';
import { onInheritedSockets, takeInheritedSockets } from '../../src/net/inherited-sockets.ts';

/** As proc(5) shows them, a live connection among them. */
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1920 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 501 1 0000000000000000 100 0 0 10 0
   1: 00000000:1921 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 502 1 0000000000000000 100 0 0 10 0
   2: 0100007F:1920 0100007F:C350 01 00000000:00000000 02:00000000 00000000  1000        0 503 2 0000000000000000 20 4 0 10 -1
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:1920 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 504 1 0000000000000000 100 0 0 10 0
   1: B80D0120000000000000000002000000:1520 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 505 1 0000000000000000 100 0 0 10 0
`;

function taken(env: Record<string, string | undefined>, links: readonly string[] = []) {
  const link = (fd: number): string => {
    const found = links[fd - 3];
    if (found === undefined) throw new Error('EBADF');
    return found;
  };
  return takeInheritedSockets(env, 77, { link, table: (name) => (name === 'tcp' ? TCP : TCP6) });
}

t.test('Sockets are known by where they listen.', async (t) => {
  const env = { LISTEN_PID: '77', LISTEN_FDS: '4', LISTEN_FDNAMES: 'a:b:c:d', OTHER: 'x' };
  const links = ['socket:[501]', 'socket:[502]', 'socket:[504]', 'socket:[505]'];
  t.strictSame(taken(env, links), [
    { fd: 3, address: '127.0.0.1', port: 6432 },
    { fd: 4, address: '0.0.0.0', port: 6433 },
    { fd: 5, address: '::1', port: 6432 },
    { fd: 6, address: '2001:db8::2', port: 5408 },
  ]);
  t.strictSame(env, { OTHER: 'x' }, 'no child is told of them');
});

t.test('What is meant for another process is not taken, nor left for a child.', async (t) => {
  const env = { LISTEN_PID: '78', LISTEN_FDS: '1' };
  t.equal(taken(env, ['socket:[501]']), undefined);
  t.strictSame(env, {});
  t.equal(taken({}), undefined);
  t.strictSame(taken({ LISTEN_PID: '77', LISTEN_FDS: '0' }), []);
});

t.test('What is no listening TCP socket is named.', async (t) => {
  for (const link of ['/dev/null', 'socket:[503]', 'socket:[999]', undefined]) {
    const links = link === undefined ? [] : [link];
    t.throws(
      () => taken({ LISTEN_PID: '77', LISTEN_FDS: '1' }, links),
      /^descriptor 3 from LISTEN_FDS is no/,
    );
  }
  for (const count of ['-1', 'x', '99999'])
    t.throws(() => taken({ LISTEN_PID: '77', LISTEN_FDS: count }), { name: 'InheritedSocketsError' });
});

t.test('Each listener has its socket, and each socket its listener.', async (t) => {
  const sockets = [
    { fd: 3, address: '::1', port: 6432 },
    { fd: 4, address: '127.0.0.1', port: 6432 },
  ];
  const listen = [
    { host: '127.0.0.1', port: 6432, mark: 1 },
    { host: '0:0:0:0:0:0:0:1', port: 6432, mark: 2 },
  ];
  t.strictSame(onInheritedSockets(listen, sockets), [
    { ...listen[0], fd: 4 },
    { ...listen[1], fd: 3 },
  ]);
  t.throws(() => onInheritedSockets(listen, sockets.slice(1)), {
    message:
      'listen has [::1]:6432, and the init system opened 127.0.0.1:6432 (LISTEN_FDS): write the same addresses in both, as numbers',
  });
  t.throws(() => onInheritedSockets(listen.slice(1), sockets), /^listen does not have 127\.0\.0\.1:6432, /);
  t.throws(() => onInheritedSockets(listen, []), /opened nothing/);
  t.throws(
    () => onInheritedSockets([{ host: 'localhost', port: 6432 }], sockets),
    /listen has localhost:6432/,
  );
});
