import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { Progress } from '../../src/cli/progress.ts';

function output(isTTY: boolean): { isTTY: boolean; text: string; write(text: string): void } {
  return {
    isTTY,
    text: '',
    write(text) {
      this.text += text;
    },
  };
}

t.test('A terminal is told what takes long, on a line that goes away again.', async (t) => {
  const terminal = output(true);
  {
    using progress = new Progress(terminal);
    progress.tell('first');
    progress.tell('copying \u001b[31m');
    t.equal(terminal.text, '', 'not what is over in a moment');
    while (terminal.text === '') await setTimeout(20);
    t.ok(terminal.text.startsWith('\r\u001b[Kportcullis: copying \\u{1b}[31m (1 s)'), terminal.text);
  }
  t.ok(terminal.text.endsWith('\r\u001b[K'));
});

t.test('Nothing is told where nobody sits.', async (t) => {
  const pipe = output(false);
  {
    using progress = new Progress(pipe);
    progress.tell('copying');
    await setTimeout(1600);
  }
  t.equal(pipe.text, '');
  const quick = output(true);
  {
    using progress = new Progress(quick);
    progress.tell('copying');
  }
  t.equal(quick.text, '');
});
