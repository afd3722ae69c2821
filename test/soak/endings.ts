import { ConnectionClosed } from '../../src/legs/leg.ts';
import { query, terminate } from '../support/frontend-messages.ts';
import type { Setting } from './setting.ts';
import { echo, length, rows, sleep } from './statements.ts';
import { Nonsense, type Visitor } from './visitor.ts';

/** How a session leaves. */
export type Ending = (visitor: Visitor, setting: Setting) => Promise<void>;

export async function inOrder(visitor: Visitor): Promise<void> {
  visitor.leg.write(terminate);
  visitor.end();
  await silence(visitor);
}

/** FIN alone. */
export async function withoutTerminate(visitor: Visitor): Promise<void> {
  visitor.end();
  await silence(visitor);
}

/** The other side has all the time it wants, and closes by itself. */
export async function terminateAndWait(visitor: Visitor): Promise<void> {
  visitor.leg.write(terminate);
  await silence(visitor);
}

/** A half-closed connection still gets its answer. */
export async function halfClosed(visitor: Visitor): Promise<void> {
  visitor.ask(echo('last'));
  visitor.end();
  const { rows: count } = await visitor.answer();
  if (count !== 1) throw new Nonsense('a half-closed session got no answer');
  await silence(visitor);
}

export async function resetIdle(visitor: Visitor): Promise<void> {
  visitor.reset();
}

/** RST with rows on their way. */
export async function resetInRows(visitor: Visitor, { random, pause }: Setting): Promise<void> {
  visitor.ask(rows(1000));
  await visitor.frame();
  await pause(random.between(0, 200));
  visitor.reset();
}

/** The process is killed while its statement runs: the kernel sends FIN, and RST on whatever comes. */
export async function killedInStatement(visitor: Visitor, { random, pause }: Setting): Promise<void> {
  visitor.ask(random.chance(0.5) ? sleep(3) : rows(2000));
  await pause(random.between(0, 200));
  visitor.destroy();
}

/** Half a frame, and gone. */
export async function inMidFrame(visitor: Visitor, { random }: Setting): Promise<void> {
  const statement = query(length(1000));
  visitor.leg.write(statement.subarray(0, random.between(1, statement.length - 1)));
  if (random.chance(0.5)) visitor.reset();
  else visitor.end();
}

/** Nothing more may come, and the other side closes. */
async function silence(visitor: Visitor): Promise<void> {
  try {
    const { type } = await visitor.frame();
    throw new Nonsense(`${type} came after the end`);
  } catch (error) {
    if (!(error instanceof ConnectionClosed)) throw error;
  }
}
