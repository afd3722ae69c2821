import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { runCommand } from '../../src/cli/program.ts';
import { formatKeyLine, KEY_BYTES } from '../../src/config/key-ring.ts';
import type { Ended } from '../support/child.ts';
import { passableFolder, type WithTeardown } from '../support/postgres.ts';

const CONFIG = `listen: [{ address: 127.0.0.1:6432 }]
tls: { certificates: [{ cert: certs/server.crt, key: certs/server.key }] }
catalog: { file: catalog.yaml, key: { file: catalog.key } }
`;

/** Somebody who types commands in a folder with a configuration and no catalog. */
export class Operator {
  readonly folder: string;
  /** What ids are called in a transcript. */
  readonly #ids = new Map<string, string>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async at(t: WithTeardown): Promise<Operator> {
    const folder = await passableFolder(t);
    await writeFile(join(folder, 'portcullis.yaml'), CONFIG);
    await writeFile(join(folder, 'catalog.key'), formatKeyLine('k1', randomBytes(KEY_BYTES)), {
      mode: 0o600,
    });
    return new Operator(folder);
  }

  /** In a folder that is there, with a configuration in it. */
  static in(folder: string): Operator {
    return new Operator(folder);
  }

  /** @param line as it is typed behind `portcullis`, words between spaces */
  async runs(line: string, input: string | Buffer = ''): Promise<Ended> {
    return await inProcess([...line.split(' '), '--dir', this.folder], input);
  }

  /** A command as a terminal shows it, its exit status at the end; what differs from run to run has a name. */
  async shows(line: string, input?: string): Promise<string> {
    const { status, stdout, stderr } = await this.runs(this.#meant(line), input);
    const said = [stdout, ...stderr.split('\n').map((text) => text && `! ${text}`)].filter(
      (text) => text !== '',
    );
    const text = said.map((each) => each.trimEnd()).join('\n');
    return `$ portcullis ${line}\n${this.#named(text)}\n[${status}]\n`;
  }

  /** A line of a transcript as it has to be typed. */
  #meant(line: string): string {
    const real = new Map([...this.#ids].map(([id, name]) => [name, id]));
    return line.replaceAll(/\b(?:br|ep)-\d+\b/g, (name) => real.get(name) ?? name);
  }

  #named(text: string): string {
    return text
      .replaceAll(/\b(br|ep)-[a-z]+-[a-z]+-\d{8}\b/g, (id, kind: string) => {
        const known =
          this.#ids.get(id) ??
          `${kind}-${[...this.#ids.values()].filter((each) => each.startsWith(kind)).length + 1}`;
        this.#ids.set(id, known);
        return known;
      })
      .replaceAll(/\b[A-Za-z0-9]{22}\b/g, '<password>')
      .replaceAll(/SCRAM-SHA-256\$4096:[^']+/g, '<verifier>')
      .replaceAll(/ {2,}/g, '  ')
      .replaceAll(/ +$/gm, '');
  }
}

/**
 * The command without a process of its own, whose start costs more than most commands do. One at a time: its
 * standard streams are this process's.
 */
async function inProcess(args: readonly string[], input: string | Buffer): Promise<Ended> {
  const said = { stdout: '', stderr: '' };
  const real = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr };
  const heard = (name: 'stdout' | 'stderr') =>
    new Writable({
      decodeStrings: false,
      write(chunk, _encoding, done) {
        said[name] += String(chunk);
        done();
      },
    });
  const stdin = Readable.from(input.length === 0 ? [] : [Buffer.from(input)]);
  setStreams({ stdin, stdout: heard('stdout'), stderr: heard('stderr') });
  try {
    const status = await runCommand(args);
    return { status, ...said };
  } finally {
    setStreams(real);
  }
}

function setStreams(streams: Readonly<Record<'stdin' | 'stdout' | 'stderr', object>>): void {
  for (const [name, value] of Object.entries(streams))
    Object.defineProperty(process, name, { value, configurable: true });
}
