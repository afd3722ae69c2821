import { type Duplex, duplexPair } from 'node:stream';
import { parseAddress } from '../../src/allowlist/address.ts';
import { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import { Leg } from '../../src/legs/leg.ts';
import type { Gate } from '../../src/session/ports.ts';
import { relay } from '../../src/session/relay.ts';
import { Visit } from '../../src/session/visit.ts';
import { type Dial, UpstreamUnreachable } from '../../src/upstream/ports.ts';
import { aBranch, anUpstream } from '../catalog/a-catalog.ts';
import { plainParts, RecordingJournal } from './test-gate.ts';

/** A relay between two pipes in memory: every byte and every end is the test's to give. */
export class RelayBench implements Disposable {
  readonly journal = new RecordingJournal();
  /** The client's end of its connection, and the upstream's. */
  readonly client: Duplex;
  readonly upstream: Duplex;
  readonly visit: Visit;
  readonly done: Promise<void>;
  readonly #leg: Leg;

  constructor(dial: Dial = () => Promise.reject(new UpstreamUnreachable('no cancels here'))) {
    const [clientSide, client] = duplexPair();
    const [upstreamSide, upstream] = duplexPair();
    this.client = client;
    this.upstream = upstream;
    for (const stream of [client, upstream]) stream.on('error', () => {});
    const address = parseAddress('192.0.2.1');
    if (address === undefined) throw new Error('no address');
    this.visit = new Visit(
      { stream: clientSide, address, port: 1, local: { address, port: 2 }, proxiedBy: undefined },
      gateOf(dial, this.journal),
    );
    this.#leg = new Leg(upstreamSide, new AbortController().signal);
    this.visit.upstream = this.#leg;
    const session = {
      leg: this.#leg,
      greeting: [],
      ready: { type: 0x5a, body: Buffer.from('I') },
      connectedAt: 0,
    };
    const cancelKey = { pid: 7, key: Buffer.from('key!') };
    this.done = relay(this.visit, aBranch('br-1'), { ...session, target: anUpstream(), cancelKey });
  }

  /** Breaks the gate's own side of a connection, as a reset does. */
  breakOff(side: 'client' | 'upstream', error: Error): void {
    (side === 'client' ? this.visit.client : this.#leg).stream.destroy(error);
  }

  [Symbol.dispose](): void {
    this.visit[Symbol.dispose]();
  }
}

function gateOf(dial: Dial, journal: RecordingJournal): Gate {
  const nothing = (): never => {
    throw new Error('not asked for in a relay');
  };
  return {
    ...plainParts(journal),
    tls: { handshake: nothing },
    catalog: () => new CatalogSnapshot([]),
    verifiers: { find: nothing },
    dial,
  };
}

/** Takes in all that a stream says from now on. */
export function listen(stream: Duplex): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('latin1');
}

/** Lets everything that is on its way in memory arrive. */
export async function settle(): Promise<void> {
  for (let turns = 0; turns < 10; turns += 1) await new Promise(setImmediate);
}
