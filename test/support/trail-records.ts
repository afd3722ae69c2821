import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A record of the trail, as whoever reads the file sees it. */
export type TrailRecord = Readonly<Record<string, unknown>> & {
  readonly class_uid: number;
  readonly activity_id: number;
  readonly status?: string;
  readonly metadata: { readonly sequence: number; readonly correlation_uid?: string };
};

/** All records in a trail's folder, in order; none where there is no folder. A line that is still being written is left out. */
export async function recordsIn(dir: string): Promise<TrailRecord[]> {
  const names = (await readdir(dir).catch(() => [])).filter((name) => name.endsWith('.jsonl')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(dir, name), 'utf8')));
  return texts.flatMap((text) =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as TrailRecord),
  );
}

/** Class and activity of records, as `4001.1`. */
export function kindsOf(records: readonly TrailRecord[]): string[] {
  return records.map(({ class_uid, activity_id }) => `${class_uid}.${activity_id}`);
}
