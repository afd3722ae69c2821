import type { Logger } from 'pino';
import type { Journal } from '../session/ports.ts';
import type { ConnectionRecord } from '../session/record.ts';
import type { Metrics } from './metrics.ts';
import { printable } from './printable.ts';

/** Tells the operational log and the metrics what happens at the gate. */
export class ObservedJournal implements Journal {
  readonly #log: Logger;
  readonly #metrics: Metrics;

  constructor(log: Logger, metrics: Metrics) {
    this.#log = log;
    this.#metrics = metrics;
  }

  opened(record: ConnectionRecord): void {
    this.#log.debug({ session: record.id, address: record.address, port: record.port }, 'connection opened');
  }

  /** One line a connection. */
  ended(record: ConnectionRecord): void {
    this.#metrics.ended(record);
    this.#log.info(fieldsOf(record), 'connection');
  }

  cancelFailed(record: ConnectionRecord, cause: unknown): void {
    this.#log.warn(
      { session: record.id, cause: textOf(cause) },
      'a cut session’s statement could not be canceled',
    );
  }

  /** Statements are the audit trail's. */
  statement(): void {}

  passwordRefused(record: ConnectionRecord, why: string): void {
    const role = shown(record.role);
    this.#log.info(
      { session: record.id, branch: record.branch, role, why: printable(why) },
      'password in SQL refused',
    );
  }

  defect(record: ConnectionRecord, cause: unknown): void {
    const stack = cause instanceof Error ? cause.stack : String(cause);
    this.#log.error({ session: record.id, stack }, 'defect');
  }
}

function fieldsOf(record: ConnectionRecord): Record<string, string | number | undefined> {
  return {
    session: record.id,
    address: record.address,
    port: record.port,
    via: record.via,
    vpc_endpoint: record.vpcEndpoint,
    kind: record.kind,
    tls: record.tls?.version,
    cipher: record.tls?.cipher,
    sni: shown(record.tls?.servername),
    certificate: shown(record.certificate?.commonName),
    certificate_sha256: record.certificate?.fingerprint,
    project: record.project,
    branch: record.branch,
    endpoint: shown(record.endpoint),
    role: shown(record.role),
    database: shown(record.database),
    application: shown(record.applicationName),
    mechanism: shown(record.mechanism),
    outcome: record.outcome,
    reason: record.reason,
    detail: shown(record.detail),
    bytes_from_client: record.bytesFromClient,
    bytes_from_upstream: record.bytesFromUpstream,
    duration_ms: Math.round(performance.now() - record.acceptedAt),
  };
}

function shown(text: string | undefined): string | undefined {
  return text === undefined ? undefined : printable(text);
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
