import t from 'tap';
import { OwedAnswers } from '../../src/session/owed-answers.ts';

/** Letters of frames in the order in which they come: `>` by the client, `<` by the upstream. */
function busyAfter(frames: string): boolean {
  const answers = new OwedAnswers();
  const rules = { '>': answers.fromClient(() => true), '<': answers.fromUpstream(() => true) };
  for (const [way, letter] of frames.split(' ').map((frame) => [frame.at(0), frame.charCodeAt(1)] as const))
    if (way === '>' || way === '<') rules[way](letter, 4, 0);
  return answers.busy;
}

t.test('A session is at rest before its first statement, and once each has its answer.', async (t) => {
  for (const frames of [
    '',
    '>Q <T <D <C <Z',
    '>P >B >E >S <1 <2 <C <Z',
    '>Q >Q <Z <Z',
    '>F <V <Z',
    '<A <N <S',
  ])
    t.notOk(busyAfter(frames), frames);
});

t.test('It is busy while an answer is owed, an extended query is begun, or COPY data came.', async (t) => {
  for (const frames of ['>Q', '>Q <T <D <C', '>Q >Q <Z', '>P >B >E', '>P >B >E >H <1 <2 <C', '>Q <G >d'])
    t.ok(busyAfter(frames), frames);
});

t.test('Where it cannot know, it is busy: a Sync within COPY is never answered.', async (t) => {
  t.ok(busyAfter('>P >B >E >S <G >d >c >S <C <Z'));
});

t.test('An answer that nobody asked for is no credit.', async (t) => {
  t.ok(busyAfter('<Z <Z >Q'));
});

t.test('What a rule says of a frame stays what it says.', async (t) => {
  const answers = new OwedAnswers();
  for (const allowed of [true, false]) {
    t.equal(answers.fromClient((_, length) => length === 5 && allowed)(0x51, 5, 0), allowed);
    t.equal(answers.fromUpstream((_, length) => length === 5 && allowed)(0x5a, 5, 0), allowed);
  }
});
