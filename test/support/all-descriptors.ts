import { closeSync, openSync } from 'node:fs';

/** Far more than a machine for tests allows a process. */
const MAX_DESCRIPTORS = 200_000;

/** Opens files until the process may open no more. @returns how to close them; undefined where there is no such bound. */
export function takeAllDescriptors(): (() => void) | undefined {
  const taken: number[] = [];
  const giveBack = (): void => {
    for (const file of taken) closeSync(file);
  };
  try {
    while (taken.length < MAX_DESCRIPTORS) taken.push(openSync('/dev/null', 'r'));
  } catch {
    return giveBack;
  }
  giveBack();
  return undefined;
}
