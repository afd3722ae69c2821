import type { Target } from '../target.ts';

/** Targets with a fault planted in them, which prove that the watch sees such faults. They run only when named. */

/** A zero in front sets it off; most inputs have none there. */
const TRIGGER = 0;

function planted(fault: () => void): Target {
  return {
    maxLength: 64,
    floorMs: 5,
    batch: 50,
    seeds: [Buffer.from('harmless')],
    run(input) {
      if (input[0] === TRIGGER) fault();
    },
  };
}

export const plantedThrow = planted(() => {
  throw new Error('planted');
});

export const plantedStray = planted(() => {
  void Promise.reject(new Error('planted'));
});

export const plantedHang = planted(() => {
  for (;;);
});

export const plantedDeath = planted(() => process.abort());

export const plantedSlow = planted(() => {
  const end = performance.now() + 20;
  while (performance.now() < end);
});

export const plantedGreed = planted(() => {
  Buffer.allocUnsafe(0x3ffffffe);
});

const kept: Buffer[] = [];

export const plantedLeak = planted(() => {
  kept.push(Buffer.alloc(1_048_576));
});
