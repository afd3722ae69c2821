import { message } from './frontend-messages.ts';

/** The messages of an extended query (PostgreSQL manual, 54.2.3), with nothing bound. */

const int16 = (value: number): Buffer => Buffer.of(value >> 8, value & 0xff);
export const parse = (sql: string, name = '', types: readonly number[] = []): Buffer => {
  const oids = types.map((oid) => Buffer.of(0, 0, oid >> 8, oid & 0xff));
  return message('P', `${name}\0${sql}\0`, int16(types.length), ...oids);
};
export const bind = (name = '', portal = ''): Buffer =>
  message('B', `${portal}\0${name}\0`, int16(0), int16(0), int16(0));
export const describe = (what: 'S' | 'P', name = ''): Buffer => message('D', `${what}${name}\0`);
export const execute = (portal = ''): Buffer => message('E', `${portal}\0`, Buffer.alloc(4));
/** A statement by the unnamed one, up to its result; a Sync is still to come. */
export const all = (sql: string): Buffer => Buffer.concat([parse(sql), bind(), describe('P'), execute()]);
