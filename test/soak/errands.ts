import { cancelRequest } from '../support/frontend-messages.ts';
import type { Setting } from './setting.ts';
import { echo, length, ROW_BYTES, rows, sleep } from './statements.ts';
import { type Answer, Nonsense, Visitor } from './visitor.ts';
import { WRITE_STALL_SECONDS } from './world.ts';

/** What a session does between login and leave. Each leaves the session ready for the next, or throws. */
export type Errand = (visitor: Visitor, setting: Setting) => Promise<void>;

const CANCELED = '57014';
const SLOW_READS = 4;

export async function small(visitor: Visitor, { random }: Setting): Promise<void> {
  visitor.ask(echo(`w${random.between(0, 1e9)}`));
  check(await visitor.answer(), { rows: 1 });
}

/** Several statements before the first answer is read. */
export async function pipelined(visitor: Visitor, { random }: Setting): Promise<void> {
  const count = random.between(2, 20);
  for (let n = 0; n < count; n += 1) visitor.ask(echo(`p${n}`));
  for (let n = 0; n < count; n += 1) check(await visitor.answer(), { rows: 1, bytes: `p${n}`.length });
}

/** Up to 4 MB downwards. */
export async function download(visitor: Visitor, { random }: Setting): Promise<void> {
  const count = random.between(1, 500);
  visitor.ask(rows(count));
  check(await visitor.answer(), { rows: count, bytes: count * ROW_BYTES });
}

/** Up to 1 MB upwards. */
export async function upload(visitor: Visitor, { random }: Setting): Promise<void> {
  visitor.ask(length(random.between(1, 1024 * 1024)));
  check(await visitor.answer(), { rows: 1 });
}

/** Reads with rests in between, shorter than what counts as a stall. */
export async function slowDownload(visitor: Visitor, { random, pause }: Setting): Promise<void> {
  const count = 400;
  visitor.ask(rows(count));
  for (let n = 0; n < SLOW_READS; n += 1) {
    await visitor.frame(n === 0 ? 'T' : 'D');
    await pause(random.between(0, WRITE_STALL_SECONDS * 250));
  }
  check(await visitor.answer(), { rows: count - SLOW_READS + 1 });
}

/** Takes nothing for longer than the gate waits: it is to be cut. Where all of it fits into buffers it is not. */
export async function stall(visitor: Visitor, { pause }: Setting): Promise<void> {
  visitor.ask(rows(2000));
  await pause((WRITE_STALL_SECONDS + 2) * 1000);
  await visitor.answer();
}

/** Cancels its own statement, as psql does on Ctrl-C. It may be too late. */
export async function cancel(visitor: Visitor, { port, random, pause }: Setting): Promise<void> {
  visitor.ask(sleep(random.between(2, 20) / 10));
  await pause(random.between(0, 300));
  const helper = await Visitor.arrive(port, '127.0.0.1');
  try {
    if (random.chance(0.5)) await helper.secure({ direct: random.chance(0.5), servername: 'localhost' });
    helper.leg.write(cancelRequest(visitor.pid, visitor.key));
    await helper.leg.ended();
  } finally {
    helper.destroy();
  }
  const answer = await visitor.answer();
  if (answer.error !== undefined && answer.error !== CANCELED)
    throw new Nonsense(`canceled: ${answer.error}`);
}

function check(answer: Answer, due: { readonly rows: number; readonly bytes?: number }): void {
  if (answer.error !== undefined) throw new Nonsense(`a statement failed: ${answer.error}`);
  if (answer.rows !== due.rows || (due.bytes !== undefined && answer.bytes !== due.bytes)) {
    throw new Nonsense(`${answer.rows} rows of ${answer.bytes} bytes came, not ${due.rows} of ${due.bytes}`);
  }
}
