import { FRONTEND } from './frame.ts';
import { MAX_LARGE_FRAME_LENGTH, MAX_SMALL_FRAME_LENGTH } from './limits.ts';

/** Types for which SocketBackend (postgres src/backend/tcop/postgres.c) takes PQ_LARGE_MESSAGE_LIMIT. */
const LARGE_FRONTEND_TYPES: ReadonlySet<number> = new Set([
  FRONTEND.bind,
  FRONTEND.copyData,
  FRONTEND.functionCall,
  FRONTEND.parse,
  FRONTEND.query,
]);

/** What a client may send after login; an unknown type is the upstream's to refuse. */
export const clientLengths = (type: number, length: number): boolean =>
  length <= MAX_SMALL_FRAME_LENGTH || (length <= MAX_LARGE_FRAME_LENGTH && LARGE_FRONTEND_TYPES.has(type));

/** What an upstream may send after login: up to what a signed Int32 holds, as libpq takes it. */
export const upstreamLengths = (_type: number, _length: number): boolean => true;
