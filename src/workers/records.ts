import { z } from 'zod';

/** Of any length: whoever writes them cuts them, and a long one must not make a connection's end unreadable. */
const text = z.string();
const amount = z.number().nonnegative();
const place = z.object({ address: text, port: z.number().int() });

/** How a connection ended. */
const how = {
  outcome: z.enum(['closed', 'refused', 'abandoned', 'cut', 'canceled', 'failed']).optional(),
  reason: text.optional(),
  detail: text.optional(),
};

/** What a worker tells of a connection: session's `ConnectionRecord`. Times are of the worker's own clock. */
export const connectionRecord = z.object({
  id: z.string().min(1).max(64),
  address: text,
  port: z.number().int(),
  local: place,
  via: text.optional(),
  vpcEndpoint: text.optional(),
  acceptedAt: z.number(),
  kind: z.enum(['unknown', 'session', 'cancel']),
  tls: z.object({ version: text, cipher: text, servername: text.or(z.undefined()) }).optional(),
  certificate: z.object({ commonName: text.or(z.undefined()), fingerprint: text }).optional(),
  project: text.optional(),
  branch: text.optional(),
  endpoint: text.optional(),
  role: text.optional(),
  database: text.optional(),
  applicationName: text.optional(),
  mechanism: text.optional(),
  upstream: z
    .object({
      host: text,
      port: z.number().int(),
      role: text,
      database: text.optional(),
      pid: z.number().int().optional(),
    })
    .optional(),
  admittedAt: z.number().optional(),
  handshakeMs: amount.optional(),
  loginMs: amount.optional(),
  upstreamConnectMs: amount.optional(),
  bytesFromClient: amount,
  bytesFromUpstream: amount,
  ...how,
});

/** What the end of a session adds to what was known when it was let in. */
export const sessionEnd = z.object({ bytesFromClient: amount, bytesFromUpstream: amount, ...how });

const statementText = z.object({
  shown: text,
  bytes: amount,
  isCut: z.boolean(),
  isMasked: z.boolean(),
  hidesParameters: z.boolean(),
  sha256: z.string().length(64).optional(),
});

/** sql's `Followed`. */
export const followed = z.object({
  step: z.enum(['query', 'parse', 'bind', 'execute', 'close', 'call', 'describe', 'sync']),
  text: statementText.or(z.undefined()),
  parameters: z.array(z.string()).or(z.undefined()),
  outcome: z.enum(['done', 'suspended', 'failed', 'discarded', 'unanswered']),
  tags: z.array(z.string()),
  rows: z.number().or(z.undefined()),
  sqlstate: z.string().or(z.undefined()),
  duration: z.number(),
  more: z.number().optional(),
});
