import t from 'tap';
import { Journals } from '../../src/observe/journals.ts';
import type { Journal } from '../../src/session/ports.ts';
import { A_STATEMENT } from '../support/audit-events.ts';
import { aRecord } from './a-record.ts';

function noted(name: string, heard: string[]): Journal {
  return {
    opened: ({ id }) => void heard.push(`${name} opened ${id}`),
    ended: ({ id }) => void heard.push(`${name} ended ${id}`),
    cancelFailed: ({ id }, cause) => void heard.push(`${name} cancel ${id} ${String(cause)}`),
    statement: ({ id }, { outcome }) => void heard.push(`${name} statement ${id} ${outcome}`),
    passwordRefused: ({ id }, why) => void heard.push(`${name} password ${id} ${why}`),
    defect: ({ id }, cause) => void heard.push(`${name} defect ${id} ${String(cause)}`),
  };
}

t.test('All journals hear everything, in their order.', async (t) => {
  const heard: string[] = [];
  const journals = new Journals(noted('a', heard), noted('b', heard));
  const record = aRecord();
  journals.opened(record);
  journals.cancelFailed(record, 'x');
  journals.defect(record, 'y');
  journals.statement(record, A_STATEMENT);
  journals.passwordRefused(record, 'z');
  journals.ended(record);
  t.strictSame(heard, [
    'a opened s1',
    'b opened s1',
    'a cancel s1 x',
    'b cancel s1 x',
    'a defect s1 y',
    'b defect s1 y',
    'a statement s1 done',
    'b statement s1 done',
    'a password s1 z',
    'b password s1 z',
    'a ended s1',
    'b ended s1',
  ]);
});
