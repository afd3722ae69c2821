import t from 'tap';
import { createLogger } from '../../src/observe/logger.ts';
import { terminalLog } from '../../src/observe/terminal-log.ts';

t.test('A log entry is one line for a person.', async (t) => {
  const lines: string[] = [];
  const log = createLogger(
    'info',
    terminalLog((text) => void lines.push(text)),
  );
  log.info({ address: '127.0.0.1', role: 'a pp', outcome: 'closed', bytes: 0, sni: undefined }, 'connection');
  log.warn('careful');
  log.debug('unheard');
  t.equal(lines.length, 2);
  t.match(lines[0], /^\d\d:\d\d:\d\d {3}connection from 127\.0\.0\.1 role="a pp" outcome=closed\n$/);
  t.match(lines[1], /^\d\d:\d\d:\d\d ! careful\n$/);
});
