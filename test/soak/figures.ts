/** What a gateway holds at one moment. */
export interface Figures {
  readonly liveSessions: number;
  readonly sockets: number;
  readonly descriptors: number;
  readonly heapBytes: number;
  readonly externalBytes: number;
  readonly residentBytes: number;
}

const MB = 1024 * 1024;

/**
 * How much more than before may be held. Descriptors: connections of auth_query and a watched file or two come and
 * go. Heap: compiled code, counters of the throttle and cached verifiers, all of which have bounds. Resident: the
 * allocator keeps pages that were needed once, and fragments them.
 */
const SLACK = {
  descriptors: 8,
  heap: { share: 0.15, bytes: 4 * MB },
  external: { share: 0.25, bytes: 4 * MB },
  resident: { share: 0.3, bytes: 64 * MB },
} as const;

/** @returns what did not come back to where it was, in words; nothing where all did. */
export function compareFigures(before: Figures, after: Figures): string[] {
  const found: string[] = [];
  if (after.liveSessions !== 0) found.push(`${after.liveSessions} live sessions are left`);
  if (after.descriptors > before.descriptors + SLACK.descriptors) {
    found.push(`${after.descriptors} descriptors are open, ${before.descriptors} were`);
  }
  const grown = (
    what: string,
    [was, is]: readonly [number, number],
    slack: { share: number; bytes: number },
  ): void => {
    // Written so that a figure which is missing (NaN) is a finding too.
    if (is <= was + Math.max(was * slack.share, slack.bytes)) return;
    found.push(`${what} grew from ${inMb(was)} to ${inMb(is)}`);
  };
  grown('heap', [before.heapBytes, after.heapBytes], SLACK.heap);
  grown('external memory', [before.externalBytes, after.externalBytes], SLACK.external);
  grown('resident memory', [before.residentBytes, after.residentBytes], SLACK.resident);
  return found;
}

export function describeFigures(figures: Figures): string {
  const { liveSessions, sockets, descriptors } = figures;
  return (
    `${liveSessions} live sessions, ${descriptors} descriptors (${sockets} sockets), ` +
    `heap ${inMb(figures.heapBytes)}, external ${inMb(figures.externalBytes)}, ` +
    `resident ${inMb(figures.residentBytes)}`
  );
}

function inMb(bytes: number): string {
  return `${(bytes / MB).toFixed(1)} MB`;
}
