/**
 * Why a command is not done: one line of what protects, and how to lift it. `wish`: the command itself is wrong
 * and would be wrong on any catalog; `state`: what the catalog holds stands against it.
 */
export interface Rejection {
  readonly message: string;
  readonly fault: 'wish' | 'state';
}

/** Thrown by the rules of this room, and caught where a command is decided. */
export class Rejected extends Error implements Rejection {
  override readonly name = 'Rejected';
  readonly fault: Rejection['fault'];

  constructor(message: string, fault: Rejection['fault'] = 'state') {
    super(message);
    this.fault = fault;
  }
}
