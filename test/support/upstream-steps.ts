import type { Verifier } from '../../src/scram/verifier.ts';
import {
  authenticationOk,
  authenticationSasl,
  authenticationSaslContinue,
  authenticationSaslFinal,
  backendKeyData,
} from '../../src/wire/backend-messages.ts';
import type { Conversation } from './conversation.ts';
import { message } from './frontend-messages.ts';
import { dataRow, rowDescription } from './result-rows.ts';
import type { TestCertificate } from './server-certificate.ts';

/** One thing that an upstream does in a conversation. A script is a list of them. */
export type Step =
  | { readonly kind: 'expect'; readonly what: string }
  | { readonly kind: 'send'; readonly bytes: Buffer }
  | { readonly kind: 'tls'; readonly certificate: TestCertificate }
  | { readonly kind: 'scram'; readonly verifier: Verifier; readonly spoil: SpoilScram }
  | { readonly kind: 'do'; readonly work: (conversation: Conversation) => Promise<void> | void }
  | { readonly kind: 'close' | 'reset' | 'hang' };

export type Script = readonly Step[];

/** Changes what a server says in SCRAM. */
export interface SpoilScram {
  readonly mechanisms?: readonly string[];
  /** What PLUS is bound to. */
  readonly binding?: Buffer | undefined;
  readonly first?: (serverFirst: string) => string;
  readonly final?: (serverFinal: string) => string;
}

/** Reads an opening packet (`ssl-request`, `startup`), or a frame of this letter. */
export const expect = (what: string): Step => ({ kind: 'expect', what });
export const send = (...parts: readonly Buffer[]): Step => ({ kind: 'send', bytes: Buffer.concat(parts) });
/** Upgrades to TLS as a server, once `S` was said. */
export const tls = (certificate: TestCertificate): Step => ({ kind: 'tls', certificate });
/** SASL from the offer to SASLFinal, without AuthenticationOk. */
export const scram = (verifier: Verifier, spoil: SpoilScram = {}): Step => ({
  kind: 'scram',
  verifier,
  spoil,
});
export const perform = (work: (conversation: Conversation) => Promise<void> | void): Step => ({
  kind: 'do',
  work,
});
export const close: Step = { kind: 'close' };
export const reset: Step = { kind: 'reset' };
/** Says nothing more, and waits until the other side leaves. */
export const hang: Step = { kind: 'hang' };

export const PID = 4711;
export const KEY = Buffer.from('key!');

export const ok = authenticationOk();
export const ready = message('Z', 'I');
export const parameter = (name: string, value: string): Buffer => message('S', `${name}\0${value}\0`);
export const notice = (text: string): Buffer => errorFields('N', 'NOTICE', '00000', text);
export const fatal = (sqlstate: string, text: string): Buffer => errorFields('E', 'FATAL', sqlstate, text);

/** What a server says once the proof was good. */
export const welcome = (pid = PID, key = KEY): Buffer =>
  Buffer.concat([ok, parameter('server_version', '18.0'), backendKeyData(pid, key), ready]);

/** Answers each simple query with its own text as a row, until the client leaves. */
export const echo: Step = perform(async (conversation) => {
  for (;;) {
    const frame = await conversation.readFrame();
    if (frame.type === 'X'.charCodeAt(0)) return conversation.end();
    if (frame.type !== 'Q'.charCodeAt(0)) continue;
    conversation.send(answerTo(frame.body.toString('utf8', 0, frame.body.length - 1)));
  }
});

/** The result that `echo` gives to a query. */
export function answerTo(sql: string): Buffer {
  return Buffer.concat([rowDescription(['echo']), dataRow([sql]), message('C', 'SELECT 1\0'), ready]);
}

/** The whole of a plain upstream without TLS. */
export const goodScript = (verifier: Verifier): Script => [
  expect('startup'),
  scram(verifier),
  send(welcome()),
  echo,
];

export const sasl = {
  offer: authenticationSasl,
  first: authenticationSaslContinue,
  last: authenticationSaslFinal,
};

function errorFields(letter: string, severity: string, sqlstate: string, text: string): Buffer {
  return message(letter, `S${severity}\0V${severity}\0C${sqlstate}\0M${text}\0\0`);
}
