/** Bounds of the frontend/backend protocol, each with its source. Nothing is allocated from a declared length. */

/** MAX_STARTUP_PACKET_LENGTH, postgres src/include/libpq/pqcomm.h. */
export const MAX_OPENING_LENGTH = 10_000;

/** PQ_LARGE_MESSAGE_LIMIT (MaxAllocSize - 1), src/include/libpq/libpq.h: Query, Bind, CopyData, FunctionCall, Parse. */
export const MAX_LARGE_FRAME_LENGTH = 0x3ffffffe;

/** PQ_SMALL_MESSAGE_LIMIT, src/include/libpq/libpq.h: every other message from a client. */
export const MAX_SMALL_FRAME_LENGTH = 10_000;

/** PG_MAX_SASL_MESSAGE_LENGTH, src/backend/libpq/auth-sasl.c, and room for the mechanism's name before it. */
export const MAX_SASL_FRAME_LENGTH = 1024 + 64;

/** What an upstream may say in one message while we log in: errors with context, parameters, warnings. */
export const MAX_LOGIN_FRAME_LENGTH = 64 * 1024;

/** A frame's declared length counts itself (PostgreSQL manual, 54.7). */
export const MIN_FRAME_LENGTH = 4;
export const FRAME_HEADER_LENGTH = 5;

/** Cancel keys: exactly 4 bytes before protocol 3.2, then 4 to 256 (manual, 54.7 BackendKeyData). */
export const MIN_CANCEL_KEY_LENGTH = 4;
export const MAX_CANCEL_KEY_LENGTH = 256;

/** NAMEDATALEN - 1: longer role and database names would be cut short by the upstream, into somebody else's. */
export const MAX_NAME_BYTES = 63;
