import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DAY_MS } from '../../src/certificates/lifetimes.ts';
import { EC, openssl, selfSigned } from './openssl.ts';

/** What `openssl ca` wants to be told; paths are the folder's. */
const CONFIG = `
[ca]
default_ca = this
[this]
dir = DIR
database = DIR/index.txt
new_certs_dir = DIR
crlnumber = DIR/crlnumber
rand_serial = yes
unique_subject = no
default_md = sha256
copy_extensions = copy
policy = any
[any]
commonName = optional
organizationName = optional
`;

export interface Period {
  readonly from: Date;
  readonly until: Date;
}

export interface IssueWish {
  readonly subject?: string;
  /** As openssl writes them: `DNS:app,email:app@example.com`. */
  readonly san?: string;
  /** Extensions besides, as `openssl req -addext` takes them. */
  readonly extensions?: readonly string[];
  readonly period?: Period;
}

/** Paths of a certificate and its key, and what is in them. */
export interface Issued {
  readonly certPath: string;
  readonly keyPath: string;
  readonly cert: string;
  readonly key: string;
}

/** Days from now, which may be negative. */
export function days(from: number, until: number): Period {
  const at = (count: number): Date => new Date(Date.now() + count * DAY_MS);
  return { from: at(from), until: at(until) };
}

/** An authority as an operator would keep it with the openssl command: it issues, revokes, and lists. */
export class ClientAuthority {
  readonly #dir: string;
  readonly #signer: readonly string[];
  readonly #keyPath: string;
  /** Of its own certificate. */
  readonly certPath: string;
  readonly cert: string;

  private constructor(dir: string, issued: { readonly certPath: string; keyPath: string; cert: string }) {
    this.#dir = dir;
    this.#signer = ['-config', join(dir, 'ca.cnf'), '-cert', issued.certPath, '-keyfile', issued.keyPath];
    this.#keyPath = issued.keyPath;
    this.certPath = issued.certPath;
    this.cert = issued.cert;
  }

  /** In a folder of its own below `parent`. */
  static async make(parent: string, name: string, subject = `/CN=${name}`): Promise<ClientAuthority> {
    const dir = join(parent, name);
    await mkdir(dir);
    const made = await selfSigned(dir, 'ca', { subject });
    return await ClientAuthority.#furnish(dir, await issuedAt(made.cert, made.key));
  }

  static async #furnish(dir: string, own: Issued): Promise<ClientAuthority> {
    await writeFile(join(dir, 'ca.cnf'), CONFIG.replaceAll('DIR', dir));
    await writeFile(join(dir, 'index.txt'), '');
    await writeFile(join(dir, 'crlnumber'), '01\n');
    return new ClientAuthority(dir, own);
  }

  /** An authority below this one. */
  async below(name: string): Promise<ClientAuthority> {
    const extensions = ['basicConstraints=critical,CA:TRUE'];
    const own = await this.issue(name, { subject: `/CN=${name}`, extensions });
    const dir = join(this.#dir, `${name}.d`);
    await mkdir(dir);
    return await ClientAuthority.#furnish(dir, own);
  }

  /** `<name>.crt` and `<name>.key` (0600) in its folder; for `/CN=app`, valid for a month, by default. */
  async issue(name: string, wish: IssueWish = {}): Promise<Issued> {
    const file = (ending: string): string => join(this.#dir, `${name}.${ending}`);
    const san = wish.san === undefined ? [] : [`subjectAltName=${wish.san}`];
    const added = [...san, ...(wish.extensions ?? [])].flatMap((each) => ['-addext', each]);
    const request = [
      '-keyout',
      file('key'),
      '-out',
      file('csr'),
      '-utf8',
      '-subj',
      wish.subject ?? '/CN=app',
    ];
    await openssl('req', '-new', '-nodes', ...EC, ...request, ...added);
    const { from, until } = wish.period ?? days(-1, 30);
    const period = ['-startdate', opensslTime(from), '-enddate', opensslTime(until)];
    const files = ['-in', file('csr'), '-out', file('crt')];
    await openssl('ca', '-batch', '-notext', '-utf8', ...this.#signer, ...period, ...files);
    await chmod(file('key'), 0o600);
    return await issuedAt(file('crt'), file('key'));
  }

  /** The same authority with a new certificate of its own, by the same key. */
  async renewed(): Promise<ClientAuthority> {
    const path = join(this.#dir, 'renewed.crt');
    const same = ['-in', this.certPath, '-signkey', this.#keyPath, '-days', '60'];
    await openssl('x509', ...same, '-out', path);
    return new ClientAuthority(this.#dir, await issuedAt(path, this.#keyPath));
  }

  async revoke({ certPath }: Pick<Issued, 'certPath'>): Promise<void> {
    await openssl('ca', ...this.#signer, '-revoke', certPath);
  }

  /** Writes its revocation list. @returns the file's path. */
  async list(name: string, period: Period = days(-1, 30)): Promise<string> {
    const path = join(this.#dir, `${name}.crl`);
    const update = [
      '-crl_lastupdate',
      opensslTime(period.from),
      '-crl_nextupdate',
      opensslTime(period.until),
    ];
    await openssl('ca', '-gencrl', ...this.#signer, ...update, '-out', path);
    return path;
  }
}

async function issuedAt(certPath: string, keyPath: string): Promise<Issued> {
  const [cert, key] = await Promise.all([readFile(certPath, 'utf8'), readFile(keyPath, 'utf8')]);
  return { certPath, keyPath, cert, key };
}

/** YYYYMMDDHHMMSSZ. */
function opensslTime(date: Date): string {
  return `${date.toISOString().replace(/\.\d+/, '').replace(/[-:T]/g, '')}`;
}
