import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatVerifier } from '../../src/scram/verifier.ts';
import { writeFileAtomic } from '../../src/store/write-file.ts';
import { type TestCertificate, testCertificate } from '../support/server-certificate.ts';
import { ROLE, soakVerifier } from './account.ts';
import { LOOKUP_ROLE } from './database.ts';

/** A peer that takes nothing for so long is cut, in s; short, so that the soak sees it. */
export const WRITE_STALL_SECONDS = 4;
/** Far more than a login takes: on a busy machine none is to run into it. */
const HANDSHAKE_SECONDS = 60;
/** Fits into a descriptor limit of 20,000, two a session. */
const MAX_CONNECTIONS = 8000;
/** A session of the branch `plain` may wait so long for a statement, and one of `tls` may get so old, in s. */
export const IDLE_SECONDS = 55;
export const AGE_SECONDS = 120;

/** Where the branches lead. */
export interface Upstreams {
  readonly plainPort: number;
  readonly tlsPort: number;
  readonly tlsCertificate: TestCertificate;
  readonly database: { readonly socketDir: string; readonly port: number };
}

/** The files of the gateway: written, changed and spoiled while it runs. */
export class World {
  readonly dir: string;
  readonly #upstreams: Upstreams;
  readonly #verifier: string;
  readonly #pairs: readonly TestCertificate[];
  #edition = 0;

  private constructor(
    dir: string,
    upstreams: Upstreams,
    secrets: { readonly verifier: string; readonly pairs: readonly TestCertificate[] },
  ) {
    this.dir = dir;
    this.#upstreams = upstreams;
    this.#verifier = secrets.verifier;
    this.#pairs = secrets.pairs;
  }

  static async make(dir: string, upstreams: Upstreams): Promise<World> {
    const verifier = formatVerifier(await soakVerifier());
    const pairs = [await testCertificate(), await testCertificate()];
    const world = new World(dir, upstreams, { verifier, pairs });
    await mkdir(join(dir, 'certs'));
    await writeFile(join(dir, 'certs/upstream.crt'), upstreams.tlsCertificate.cert);
    await world.turnCertificate();
    await world.editCatalog();
    await writeFile(world.config, serverConfig());
    return world;
  }

  get config(): string {
    return join(this.dir, 'portcullis.yaml');
  }

  get controlSocket(): string {
    return join(this.dir, 'portcullis.sock');
  }

  /**
   * Another edition of the catalog, good and not quite the same.
   * @param admitted addresses that may come.
   */
  async editCatalog(admitted = '127.0.0.0/8'): Promise<void> {
    this.#edition += 1;
    const ips = `${admitted}, 192.0.2.${this.#edition % 250}`;
    const text = catalog(this.#upstreams, { verifier: this.#verifier, ips });
    await writeFileAtomic(join(this.dir, 'catalog.yaml'), text, 0o600);
  }

  /** A catalog that cannot be read; the last good one is to stay. */
  async spoilCatalog(): Promise<void> {
    await writeFileAtomic(
      join(this.dir, 'catalog.yaml'),
      'projects: [{ id: "shop", branches: nonsense',
      0o600,
    );
  }

  /** The other of two certificates, its key first, as certbot writes them. */
  async turnCertificate(): Promise<void> {
    this.#edition += 1;
    const pair = this.#pairs[this.#edition % this.#pairs.length];
    if (pair === undefined) throw new RangeError('no certificates');
    await writeFileAtomic(join(this.dir, 'certs/server.key'), pair.key, 0o600);
    await writeFileAtomic(join(this.dir, 'certs/server.crt'), pair.cert, 0o644);
  }

  /** Half of a certificate, written in place. */
  async spoilCertificate(): Promise<void> {
    const pair = this.#pairs[this.#edition % this.#pairs.length];
    await writeFile(join(this.dir, 'certs/server.crt'), pair?.cert.slice(0, 300) ?? '');
  }
}

function serverConfig(): string {
  return `
listen: [{ address: 127.0.0.1:0 }]
tls: { certificates: [{ cert: certs/server.crt, key: certs/server.key }] }
catalog: { file: catalog.yaml }
limits:
  max_connections: ${MAX_CONNECTIONS}
  handshake_timeout: ${HANDSHAKE_SECONDS}s
  write_stall_timeout: ${WRITE_STALL_SECONDS}s
  failed_logins: { exempt: [127.0.0.0/8] }
drain: 1s
workers: 1
admin: { listen: "off" }
`;
}

interface Edition {
  readonly verifier: string;
  readonly ips: string;
}

function catalog({ plainPort, tlsPort, database }: Upstreams, { verifier, ips }: Edition): string {
  const role = `{ name: ${ROLE}, verifier: "${verifier}" }`;
  return `
projects:
  - id: shop
    settings: { allowed_ips: { ips: [${ips}] } }
    branches:
      - { id: br-plain, name: plain, default: true, endpoints: [{ id: ep-plain }], roles: [${role}],
          idle_session_timeout: ${IDLE_SECONDS}s,
          upstream: { host: 127.0.0.1, port: ${plainPort}, sslmode: disable } }
      - { id: br-tls, name: tls, endpoints: [{ id: ep-tls }], roles: [${role}],
          max_session_age: ${AGE_SECONDS}s,
          upstream: { host: localhost, port: ${tlsPort}, sslmode: verify-full,
            sslrootcert: certs/upstream.crt } }
      - { id: br-real, name: real, endpoints: [{ id: ep-real }],
          auth_query: { role: ${LOOKUP_ROLE} },
          upstream: { host: ${database.socketDir}, port: ${database.port},
            require_auth: [scram-sha-256, none] } }
`;
}
