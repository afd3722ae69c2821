import t from 'tap';
import { StdoutSink } from '../../src/sinks/stdout-sink.ts';
import { HandmadeTrail } from './a-trail.ts';
import { follow } from './following.ts';
import { until } from './syslog-server.ts';

/** A descriptor whose reader takes what it likes. */
class Reader {
  text = '';
  /** Bytes taken at a time; an error code: what the system says instead. */
  takes: number | string = Number.POSITIVE_INFINITY;

  readonly write = (bytes: Buffer): number => {
    if (typeof this.takes === 'string') throw Object.assign(new Error(this.takes), { code: this.takes });
    const taken = Math.min(bytes.length, this.takes);
    this.text += bytes.toString('latin1', 0, taken);
    return taken;
  };
}

t.test('Each record is a line, as in the file.', async (t) => {
  const trail = await HandmadeTrail.at(t);
  await trail.add(3);
  const reader = new Reader();
  follow(t, new StdoutSink(reader.write), trail);
  await until(() => reader.text.split('\n').length === 4);
  t.same(reader.text.split('\n').slice(0, 3), trail.lines.slice(1));
});

t.test('A reader that stalls or takes little at a time gets all of it, whole.', async (t) => {
  const trail = await HandmadeTrail.at(t);
  const reader = new Reader();
  reader.takes = 'EAGAIN';
  const { follower } = follow(t, new StdoutSink(reader.write), trail);
  await trail.add(4);
  await until(() => follower.state.behind === 4);
  t.equal(follower.state.connected, true);
  reader.takes = 1000;
  await until(() => reader.text.split('\n').length === 5);
  t.same(reader.text.split('\n').slice(0, 4), trail.lines.slice(1));
});

t.test('After a failure within a line, the record comes again on a line of its own.', async (t) => {
  const trail = await HandmadeTrail.at(t);
  const reader = new Reader();
  const sink = new StdoutSink((bytes) => {
    const taken = reader.write(bytes);
    reader.takes = reader.takes === 10 ? 'ENOSPC' : reader.takes;
    return taken;
  });
  reader.takes = 10;
  const { changes } = follow(t, sink, trail);
  await trail.add(1);
  await until(() => changes.length === 1);
  t.match(changes[0], { name: 'stdout', connected: false, reason: 'ENOSPC' });
  reader.takes = Number.POSITIVE_INFINITY;
  const line = trail.lines[1] ?? '';
  await until(() => reader.text === `${line.slice(0, 10)}\n${line}\n`);
});

t.test('A reader that never reads does not keep the process from ending.', async (t) => {
  const trail = await HandmadeTrail.at(t);
  await trail.add(1);
  const reader = new Reader();
  reader.takes = 'EAGAIN';
  const { follower } = follow(t, new StdoutSink(reader.write), trail);
  await follower.close(50);
  t.equal(reader.text, '');
});
