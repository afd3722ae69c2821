import type { Files } from './files.ts';

const LINE_FEED = 0x0a;

/** The whole lines at the end of a file. */
export interface Tail {
  readonly lines: readonly TailLine[];
  /** Where what follows the last whole line begins. */
  readonly end: number;
  readonly bytes: number;
  /** Of the file that was read. */
  readonly identity: string;
  /** Whether the lines are all that the file has. */
  readonly whole: boolean;
}

export interface TailLine {
  readonly text: string;
  /** Of its first byte in the file. */
  readonly start: number;
}

/** Reads the last `window` bytes of a file, and of these the whole lines. Undefined where there is no file. */
export async function readTail(files: Files, path: string, window: number): Promise<Tail | undefined> {
  if ((await files.stat(path)) === undefined) return undefined;
  const file = await files.open(path, 'read');
  try {
    const { bytes, identity } = await file.stat();
    const start = Math.max(bytes - window, 0);
    const text = Buffer.alloc(bytes - start);
    let length = 0;
    while (length < text.length) {
      const read = await file.read(text.subarray(length), start + length);
      if (read === 0) break;
      length += read;
    }
    return { ...wholeLines(text.subarray(0, length), start), bytes, identity, whole: start === 0 };
  } finally {
    await file.close();
  }
}

function wholeLines(text: Buffer, offset: number): { lines: TailLine[]; end: number } {
  const lines: TailLine[] = [];
  // What comes before the first end of a line is the rest of one that began before the window.
  let from = offset === 0 ? 0 : text.indexOf(LINE_FEED) + 1;
  for (let end = text.indexOf(LINE_FEED, from); end >= 0; end = text.indexOf(LINE_FEED, from)) {
    lines.push({ text: text.toString('utf8', from, end), start: offset + from });
    from = end + 1;
  }
  return { lines, end: offset + from };
}
