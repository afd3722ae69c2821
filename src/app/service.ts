import type { Registry } from 'prom-client';
import { answerSessions, type SessionDesk } from '../admin/sessions.ts';
import type { Gateway } from './gateway.ts';

/** Who serves the clients of a running gateway: this process alone, or workers that it leads. */
export interface Service {
  /**
   * Opens every address, or none.
   * @throws Error with the `address` and the `code` of the one that could not be opened.
   */
  listen(): Promise<void>;
  /** TCP ports in the order of `listen`. */
  readonly ports: readonly number[];
  readonly listening: boolean;
  readonly metrics: Pick<Registry, 'contentType' | 'metrics'>;
  /** Where more figures of this process are added. */
  readonly registry: Registry;
  readonly sessions: SessionDesk;
  catalogChanged(): void;
  certificatesChanged(): void;
  /** Certificates are to be read again by whoever has read them by itself. */
  rereadCertificates(): void;
  /** Replaces the processes that serve, one after the other. */
  restart(): Promise<void>;
  /** @param patience ms that sessions get to end by themselves. */
  drain(patience: number): Promise<void>;
}

/** One process. @param cannotRestart hears that there is nobody to take over meanwhile. */
export function alone(gateway: Gateway, cannotRestart: () => void): Service {
  const { registry } = gateway.metrics;
  return {
    listen: () => gateway.listen(),
    get ports() {
      return gateway.ports;
    },
    get listening() {
      return gateway.listening;
    },
    metrics: registry,
    registry,
    sessions: (method, query) => answerSessions(method, query, gateway.sessions),
    catalogChanged: () => gateway.catalogChanged(),
    certificatesChanged: () => gateway.certificatesChanged(),
    rereadCertificates: () => {},
    restart: async () => cannotRestart(),
    drain: (patience) => gateway.drain(patience),
  };
}
