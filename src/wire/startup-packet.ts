import { encodeVersion, type ProtocolVersion } from './protocol-version.ts';
import { ProtocolViolation } from './violation.ts';

/** Parameters with this prefix are protocol options, not settings (PostgreSQL manual, 54.7 StartupMessage). */
const PROTOCOL_OPTION_PREFIX = '_pq_.';

const NUL = Buffer.of(0);

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A StartupMessage's parameters, parsed as ProcessStartupPacket does: pairs in order, the last of a name wins.
 * Values stay bytes, since only a few are ours to read; the rest reach the upstream as they came.
 */
export class StartupParameters {
  readonly #values: ReadonlyMap<string, Buffer>;

  constructor(values: ReadonlyMap<string, Buffer>) {
    this.#values = values;
  }

  /**
   * @returns the value as text, or undefined where the client sent none.
   * @throws ProtocolViolation where it is not UTF-8.
   */
  text(name: string): string | undefined {
    const value = this.#values.get(name);
    if (value === undefined) return undefined;
    try {
      return utf8.decode(value);
    } catch {
      throw new ProtocolViolation(`startup parameter "${name}" is not valid UTF-8`);
    }
  }

  /** A copy in which some values are others; `undefined` takes a parameter out. */
  with(changes: Readonly<Record<string, string | undefined>>): StartupParameters {
    const values = new Map(this.#values);
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined) values.delete(name);
      else values.set(name, Buffer.from(value, 'utf8'));
    }
    return new StartupParameters(values);
  }

  /** Protocol options we do not know; the client is told so, and they are not forwarded. */
  get protocolOptions(): readonly string[] {
    return [...this.#values.keys()].filter((name) => name.startsWith(PROTOCOL_OPTION_PREFIX));
  }

  *settings(): Iterable<readonly [name: string, value: Buffer]> {
    for (const pair of this.#values) if (!pair[0].startsWith(PROTOCOL_OPTION_PREFIX)) yield pair;
  }
}

/**
 * @param body what follows length and version: `name NUL value NUL … NUL`.
 * @throws ProtocolViolation where the layout is not PostgreSQL's.
 */
export function parseStartupParameters(body: Buffer): StartupParameters {
  const values = new Map<string, Buffer>();
  let at = 0;
  for (;;) {
    const nameEnd = body.indexOf(0, at);
    if (nameEnd < 0) throw new ProtocolViolation('invalid startup packet layout: no terminator');
    if (nameEnd === at) break;
    const valueEnd = body.indexOf(0, nameEnd + 1);
    if (valueEnd < 0) throw new ProtocolViolation('invalid startup packet layout: a name without a value');
    // latin1 keeps every byte of a name apart from every other; PostgreSQL's own names are ASCII.
    const name = body.toString('latin1', at, nameEnd);
    // Taken out first: a repeated name counts where it stands last, as settings differing in case alone show.
    values.delete(name);
    values.set(name, Buffer.from(body.subarray(nameEnd + 1, valueEnd)));
    at = valueEnd + 1;
  }
  if (at !== body.length - 1) {
    throw new ProtocolViolation('invalid startup packet layout: expected terminator as last byte');
  }
  return new StartupParameters(values);
}

/**
 * The StartupMessage for an upstream, made anew from what was understood, never copied.
 * @throws RangeError on a name or value with a NUL: what follows that would be read as a parameter of its own.
 */
export function serializeStartup(version: ProtocolVersion, parameters: StartupParameters): Buffer {
  const head = Buffer.alloc(8);
  const parts: Buffer[] = [head];
  for (const [name, value] of parameters.settings()) {
    const nameBytes = Buffer.from(name, 'latin1');
    if (nameBytes.length === 0 || nameBytes.includes(0) || value.includes(0)) {
      throw new RangeError('a startup parameter without a name, or with a NUL in it');
    }
    parts.push(nameBytes, NUL, value, NUL);
  }
  parts.push(NUL);
  const packet = Buffer.concat(parts);
  packet.writeUInt32BE(packet.length, 0);
  packet.writeUInt32BE(encodeVersion(version), 4);
  return packet;
}
