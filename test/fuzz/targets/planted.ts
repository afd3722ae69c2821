import type { Target } from '../target.ts';

/** Targets with a fault planted in them, which prove that the watch sees such faults. They run only when named. */

/** Some bytes set it off; most inputs have none of them. */
const TRIGGER = 0xa7;

function planted(fault: () => void): Target {
  return {
    maxLength: 64,
    floorMs: 5,
    batch: 50,
    seeds: [Buffer.from('harmless')],
    words: [Buffer.of(TRIGGER)],
    run(input) {
      if (input.includes(TRIGGER)) fault();
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
  kept.push(Buffer.alloc(65_536));
});
