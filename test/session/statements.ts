import { serialize } from 'pg-protocol';
import { message } from '../support/frontend-messages.ts';
import { int16, int32 } from '../support/result-rows.ts';

/** Messages of the extended query (PostgreSQL manual, 54.2.3), of COPY and of FunctionCall. */

export const flush = message('H');

/** Parse, Bind and Execute, without a Sync. */
export function extended(sql: string, rows = 0): Buffer {
  return Buffer.concat([
    serialize.parse({ text: sql }),
    serialize.bind({ portal: '', statement: '', values: [] }),
    serialize.describe({ type: 'P' }),
    serialize.execute({ portal: '', rows }),
  ]);
}

export function execute(rows = 0): Buffer {
  return serialize.execute({ portal: '', rows });
}

export const close = serialize.close({ type: 'P', name: '' });

export function copyData(text: string): Buffer {
  return message('d', text);
}

export const copyDone = message('c');
export const copyFail = message('f', 'changed my mind\0');

/** int4pl(1, 2), by its number in pg_proc. */
export const functionCall = message(
  'F',
  int32(177),
  int16(0),
  int16(2),
  int32(1),
  Buffer.from('1'),
  int32(1),
  Buffer.from('2'),
  int16(0),
);
