import type { UpstreamTarget } from '../../src/catalog/model.ts';
import { Secret } from '../../src/catalog/secret.ts';
import { dial } from '../../src/net/dial.ts';
import { passwordKeys } from '../../src/scram/credentials.ts';
import type { UpstreamCredentials } from '../../src/upstream/login.ts';
import { openSession, type UpstreamRequest, type UpstreamSession } from '../../src/upstream/open-session.ts';
import { StartupParameters } from '../../src/wire/startup-packet.ts';
import { anUpstream } from '../catalog/a-catalog.ts';
import { NONCE, PASSWORD } from './client-login.ts';
import type { Conversation } from './conversation.ts';
import { ScriptedUpstream, type UpstreamWish } from './scripted-upstream.ts';
import type { Script } from './upstream-steps.ts';

export const byPassword: UpstreamCredentials = {
  role: 'app',
  scram: passwordKeys(PASSWORD),
  password: new Secret(PASSWORD),
};

export interface VisitWish {
  readonly script: Script;
  readonly upstream?: Partial<UpstreamWish>;
  readonly target?: Partial<UpstreamTarget>;
  readonly request?: Partial<UpstreamRequest>;
  readonly signal?: AbortSignal;
}

/** How a login upstream ended, and what the upstream saw of it. */
export interface VisitOutcome {
  readonly session?: UpstreamSession;
  readonly error?: unknown;
  readonly conversation: Conversation;
  /** Everything that the upstream was sent inside TLS, or at all where there is none. */
  readonly sent: Buffer;
  /** Connections left open after a failure. */
  readonly left: number;
}

/** Dials an upstream that follows a script and logs in. The connection is closed afterwards. */
export async function visitUpstream(wish: VisitWish): Promise<VisitOutcome> {
  const upstream = await ScriptedUpstream.open({ scripts: [wish.script], ...wish.upstream });
  const { host, port } = upstream;
  const request: UpstreamRequest = {
    target: anUpstream({ host, port, sslmode: 'disable', ...wish.target }),
    version: { major: 3, minor: 0 },
    parameters: new StartupParameters(new Map()).with({ user: 'app', database: 'shop' }),
    credentials: byPassword,
    nonce: NONCE,
    ...wish.request,
  };
  try {
    const outcome = await openSession(dial, request, wish.signal ?? new AbortController().signal).then(
      (session) => ({ session }),
      (error: unknown) => ({ error }),
    );
    if ('session' in outcome) outcome.session.leg.destroy();
    await upstream.deserted();
    const conversation = upstream.conversation();
    return { ...outcome, conversation, sent: conversation.inbox.all, left: upstream.connections };
  } finally {
    upstream.close();
  }
}
