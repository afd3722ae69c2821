import { writeFileSync } from 'node:fs';
import { Cases } from './cases.ts';
import { fuzz, type Hear } from './fuzz.ts';
import { forbidLargeBuffers } from './heap.ts';
import { Inputs } from './inputs.ts';
import { StrayErrors } from './stray.ts';
import type { Bounds, Report, Target } from './target.ts';
import { openTarget } from './targets.ts';
import { Timings } from './timings.ts';

/** What a child process is to do. */
export interface Order {
  readonly target: string;
  readonly seed: number;
  readonly bounds: Bounds;
  /** Instead of a run: goes through one batch, and writes each case to a file before it begins. */
  readonly retrace?: { readonly batch: number; readonly file: string } | undefined;
}

/** What a child process says. */
export type Said =
  | { readonly kind: 'batch'; readonly batch: number; readonly cases: number }
  | { readonly kind: 'report'; readonly report: Told };

/** A report whose input is in hexadecimal. */
export type Told = Omit<Report, 'finding'> & {
  readonly finding: { readonly message: string; readonly input: string | undefined } | undefined;
};

/**
 * The child's side: one target in a process of its own, which may hang or die of it.
 * @param say resolves once the parent has it.
 */
export async function work(order: Order, say: (said: Said) => Promise<void>): Promise<void> {
  forbidLargeBuffers();
  const target = await openTarget(order.target);
  const inputs = new Inputs(order.target, target, order.seed);
  const hear: Hear = (batch, cases) => void say({ kind: 'batch', batch, cases });
  if (order.retrace === undefined) {
    const { finding, ...report } = await fuzz(target, inputs, order.bounds, hear);
    const told = finding && { message: finding.message, input: finding.input?.toString('hex') };
    await say({ kind: 'report', report: { ...report, finding: told } });
  } else {
    await retrace(target, inputs, order.retrace, hear);
  }
  await target.close?.();
}

async function retrace(
  target: Target,
  inputs: Inputs,
  { batch, file }: NonNullable<Order['retrace']>,
  hear: Hear,
): Promise<void> {
  using stray = new StrayErrors();
  const cases = new Cases(target, stray, new Timings(), () => {});
  for (const [index, input] of inputs.batch(batch).entries()) {
    writeFileSync(file, input.toString('hex'));
    hear(batch, index);
    await cases.alone(input);
  }
}
