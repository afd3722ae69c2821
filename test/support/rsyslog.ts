import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type Child, startChild } from './child.ts';
import { PLAIN_ENV } from './portcullis.ts';
import type { WithTeardown } from './postgres.ts';

/** Debian keeps it where an ordinary user's PATH does not lead. */
const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];
const MODULES = [
  '/usr/lib/x86_64-linux-gnu/rsyslog',
  '/usr/lib/aarch64-linux-gnu/rsyslog',
  '/usr/lib/rsyslog',
];
const PROGRAM = FOLDERS.map((folder) => join(folder, 'rsyslogd')).find(existsSync);

/** Why a test with a real rsyslog is to be skipped; false where it can run. */
export const noRsyslog = PROGRAM === undefined ? 'rsyslogd is not here: apt-get install rsyslog' : false;
/** The same for TLS, which Debian has in a package of its own. */
export const noRsyslogTls =
  noRsyslog || MODULES.some((folder) => existsSync(join(folder, 'lmnsd_ossl.so')))
    ? noRsyslog
    : 'rsyslog has no OpenSSL: apt-get install rsyslog-openssl';

export interface RsyslogPlace {
  /** A folder of its own. */
  readonly folder: string;
  readonly port: number;
  /** Paths in PEM form. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
}

/** A real rsyslog that writes what it gets by TCP to a file, each message's text as it came. */
export class Rsyslog {
  readonly #file: string;
  readonly #child: Child;

  private constructor(file: string, child: Child) {
    this.#file = file;
    this.#child = child;
  }

  static async start(t: WithTeardown, { folder, port, tls }: RsyslogPlace): Promise<Rsyslog> {
    if (PROGRAM === undefined) throw new Error('rsyslogd is not here');
    const file = join(folder, 'received.log');
    const config = join(folder, 'rsyslog.conf');
    const stream =
      tls === undefined ? '' : 'StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode="anon"';
    const lines = [
      `global(workDirectory="${folder}"${tls === undefined ? '' : driverOf(tls)})`,
      `module(load="imtcp" ${stream})`,
      'template(name="plain" type="string" string="%pri% %app-name% %msgid% %msg%\\n")',
      `input(type="imtcp" port="${port}" address="127.0.0.1" ruleset="here")`,
      `ruleset(name="here") { action(type="omfile" file="${file}" template="plain" asyncWriting="off") }`,
    ];
    await writeFile(config, `${lines.join('\n')}\n`);
    const pid = join(folder, 'rsyslogd.pid');
    const child = startChild(t, PROGRAM, ['-n', '-f', config, '-i', pid], { env: PLAIN_ENV });
    return new Rsyslog(file, child);
  }

  /** The texts that came so far. */
  async messages(): Promise<string[]> {
    const text = existsSync(this.#file) ? await readFile(this.#file, 'utf8') : '';
    return text.split('\n').slice(0, -1);
  }

  /** As its service is stopped, or (SIGKILL) as its machine fails. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.#child.leave(signal);
  }

  get said(): string {
    return this.#child.stdout + this.#child.stderr;
  }
}

function driverOf({ ca, cert, key }: NonNullable<RsyslogPlace['tls']>): string {
  return ` defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="${ca}" defaultNetstreamDriverCertFile="${cert}" defaultNetstreamDriverKeyFile="${key}"`;
}
