/** A record of the audit trail as it stands in its files. */
export interface TrailRecord {
  readonly sequence: number;
  readonly uid: string;
  readonly chain: string;
  /** Its JSON, without an end of line. */
  readonly line: string;
  /** The same, parsed: an OCSF event. */
  readonly event: Readonly<Record<string, unknown>>;
}

/**
 * Where records go besides the files. A sink keeps nothing: what it could not get rid of is read from the files
 * again, so that an outage costs neither memory nor records.
 */
export interface Sink {
  readonly name: string;
  /**
   * How long what was delivered may stay unsettled, in ms; 0: `deliver` is all there is to it, as where the other
   * side answers each delivery.
   */
  readonly settleAfter: number;
  /**
   * Hands records over, after connecting where that is needed, and waits for as long as nobody takes them. It
   * rejects where it cannot, also where what went before may be lost; then records come again, from the first
   * unsettled one on.
   */
  deliver(records: readonly TrailRecord[], signal: AbortSignal): Promise<void>;
  /** Resolves once everything delivered has arrived, and never has to be sent again. */
  settle(signal: AbortSignal): Promise<void>;
  /** Lets go of everything at once. */
  close(): void;
}

/** How a sink fares, for metrics and readiness. */
export interface SinkState {
  readonly name: string;
  /** Whether the last thing tried went well. A sink that has nothing to say may hold no connection. */
  readonly connected: boolean;
  /** Records that are durable and not handed over yet. */
  readonly behind: number;
  /** Why it is not connected, or what else is wrong. */
  readonly reason?: string;
}
