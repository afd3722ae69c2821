import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { RecordEvent } from '../../src/audit/filter.ts';
import { lastRecords } from '../../src/cli/last-records.ts';
import { segmentName } from '../../src/trail/segment-names.ts';
import { auditConfig } from '../support/audit-config.ts';
import { withEvents } from './an-audit.ts';

const any = (event: RecordEvent | undefined): event is RecordEvent => event !== undefined;

t.test(
  'Where the last file is empty, as a kill may leave it, the end is that of the one before.',
  async (t) => {
    const { dir } = await withEvents(t);
    await writeFile(join(dir, `${segmentName(4)}.jsonl`), '', { mode: 0o600 });
    for (const lines of [0, 2]) {
      const { records, end } = await lastRecords(auditConfig(dir), { lines, since: undefined, wanted: any });
      t.equal(records.length, lines);
      t.equal(end, 3);
    }
  },
);
