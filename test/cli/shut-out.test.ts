import { mkdir } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import t from 'tap';
import { liveSessions, shutOut } from '../../src/cli/shut-out.ts';
import { aBranch, aProject } from '../catalog/a-catalog.ts';
import { passableFolder } from '../support/postgres.ts';

const LIVE = [
  { address: '192.0.2.1', project: 'shop', branch: 'br-main' },
  { address: '192.0.2.1', project: 'shop', branch: 'br-main' },
  { address: '192.0.2.2', project: 'shop', branch: 'br-main' },
  { address: '10.0.0.1', project: 'shop', branch: 'br-main' },
  { address: '192.0.2.1', project: 'shop', branch: 'br-open' },
  { address: '192.0.2.1', project: 'shop', branch: 'br-gone' },
  { address: '192.0.2.1' },
];

t.test('Sessions that a list no longer admits are told of, by address.', async (t) => {
  const after = [aProject('shop', [aBranch('br-main', { allowedIps: ['10.0.0.0/8'] }), aBranch('br-open')])];
  t.strictSame(shutOut(LIVE, after), [
    '2 live sessions from 192.0.2.1 are cut: ip-allow add 192.0.2.1 lets that address in again',
    '1 live session from 192.0.2.2 is cut: ip-allow add 192.0.2.2 lets that address in again',
  ]);
  t.strictSame(shutOut(LIVE, [aProject('shop', [aBranch('br-main')])]), []);
});

/** What is found out of a gateway that answers so. */
async function livesOf(
  t: Parameters<typeof passableFolder>[0],
  answer: (response: ServerResponse) => void,
): ReturnType<typeof liveSessions> {
  const dir = await passableFolder(t);
  const server = createServer((_, response) => answer(response));
  await new Promise<void>((resolve) => void server.listen(join(dir, 'portcullis.sock'), resolve));
  try {
    return await liveSessions({ dir });
  } finally {
    server.close();
  }
}

t.test('A gateway’s sessions are looked up; where none runs, there are none.', async (t) => {
  const there = await livesOf(t, (response) => response.end(JSON.stringify({ sessions: LIVE })));
  t.strictSame(there, { sessions: LIVE });
  const dir = await passableFolder(t);
  t.strictSame(await liveSessions({ dir }), { sessions: [] });
});

t.test('What could not be looked up is said, and never thrown.', async (t) => {
  for (const [answer, problem] of [
    [(response) => response.writeHead(500).end(), 'the gateway answered 500'],
    [(response) => response.end('{}'), 'the gateway’s answer has none'],
    [(response) => response.end('nonsense'), /no gateway of this version/],
    [(response) => response.destroy(), 'ECONNRESET'],
  ] as const satisfies readonly [(response: ServerResponse) => unknown, string | RegExp][]) {
    t.match(await livesOf(t, answer), { problem });
  }
  const dir = await passableFolder(t);
  await mkdir(join(dir, 'portcullis.sock'));
  t.match(await liveSessions({ dir: join(dir, 'portcullis.sock', 'x'.repeat(200)) }), { problem: /^E/ });
});
