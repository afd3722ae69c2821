import t from 'tap';
import { ObjectionsSent } from '../../src/session/objections-sent.ts';
import { tooLarge, tooWeak } from '../../src/sql/objections.ts';
import { message } from '../support/frontend-messages.ts';

const weak = (bits: number) =>
  tooWeak({ bits, verdict: 'weak', why: 'it is short', suggestion: 'add some' }, 60);

function objections(): ObjectionsSent {
  let last = 0;
  return new ObjectionsSent(() => {
    last += 1;
    return last;
  });
}

const error = (sqlstate: string, text: string): Buffer =>
  message('E', Buffer.from(`SERROR\0VERROR\0C${sqlstate}\0M${text}\0Fuser.c\0L1\0RAlterRole\0\0`, 'latin1'));

t.test(
  'An error with a number of ours is put in our words; its other fields keep their bytes.',
  async (t) => {
    const sent = objections();
    t.notOk(sent.any);
    const number = sent.numberFor(weak(41));
    t.ok(sent.any);
    t.match(String(number), /^\d{10}$/);
    const french = Buffer.from(
      `SERR\xc9\0VERROR\0C22023\0Mlimite invalide : -${number}\0Fuser.c\0\0`,
      'latin1',
    );
    t.equal(
      sent.reworded(message('E', french))?.toString('latin1'),
      message(
        'E',
        Buffer.from(
          'SERR\xc9\0VERROR\0C22023\0Mpassword is too weak: 41 bits, at least 60 needed\0DIt is short.\0HAdd some.\0Fuser.c\0\0',
          'latin1',
        ),
      ).toString('latin1'),
    );
    t.ok(
      sent.reworded(error('22023', `invalid connection limit: -${number}`)),
      'again, as a prepared statement brings it',
    );
  },
);

t.test('Any other error stays as it is.', async (t) => {
  const sent = objections();
  const number = sent.numberFor(weak(41));
  for (const other of [
    error('25006', `cannot execute ALTER ROLE: -${number}`),
    error('22023', `invalid connection limit: -${number + 1}`),
    error('22023', `invalid connection limit: -${number}0`),
    error('22023', 'invalid connection limit: -2'),
    error('08P01', 'invalid message format'),
    message('E', 'C22023'),
    message('E', 'SERROR\0\0'),
  ])
    t.equal(sent.reworded(other), undefined, other.toString('latin1', 5));
});

t.test('One text has one number, and at most a thousand are remembered.', async (t) => {
  const sent = objections();
  const first = sent.numberFor(weak(0));
  t.equal(sent.numberFor(weak(0)), first);
  for (let bits = 1; bits <= 1000; bits += 1) sent.numberFor(weak(bits));
  t.not(sent.numberFor(weak(0)), first);
});

t.test('A message that was spoilt has one error.', async (t) => {
  const sent = objections();
  sent.spoilt(tooLarge());
  t.ok(sent.any);
  const broken = error('08P01', 'invalid message format');
  t.match(sent.reworded(broken)?.toString(), /C22023\0Ma statement that could set a password is too large/);
  t.equal(sent.reworded(broken), undefined);
  t.notOk(sent.any);
});
