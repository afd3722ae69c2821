import { createServer } from 'node:net';
import type { TestCertificate } from '../support/server-certificate.ts';
import { soakVerifier } from './account.ts';
import { FakeUpstream } from './fake-upstream.ts';

/** A fake upstream in a process of its own, so that it can be killed as a server dies. Forked by `upstream.ts`. */

export interface UpstreamOrder {
  readonly kind: 'listen';
  /** 0: any free port. */
  readonly port: number;
  readonly tls: TestCertificate | undefined;
}

export type UpstreamCommand = UpstreamOrder | { readonly kind: 'reset-all' } | { readonly kind: 'count' };
export type UpstreamReport =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'connections'; readonly count: number };

const BACKLOG = 4096;

const verifier = await soakVerifier();
let upstream: FakeUpstream | undefined;

function report(what: UpstreamReport): void {
  process.send?.(what);
}

function listen({ port, tls }: UpstreamOrder): void {
  const made = new FakeUpstream({ verifier, tls });
  upstream = made;
  const server = createServer({ allowHalfOpen: false, noDelay: true }, (socket) => void made.serve(socket));
  server.listen({ port, host: '127.0.0.1', backlog: BACKLOG }, () => {
    const address = server.address();
    report({ kind: 'listening', port: typeof address === 'object' && address !== null ? address.port : 0 });
  });
}

process.on('message', (command: UpstreamCommand) => {
  if (command.kind === 'listen') listen(command);
  else if (command.kind === 'reset-all') upstream?.resetAll();
  else report({ kind: 'connections', count: upstream?.size ?? 0 });
});
// Whoever forked it is gone.
process.on('disconnect', () => process.exit(0));
