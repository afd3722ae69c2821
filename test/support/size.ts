/**
 * Whether the end-to-end tests move as much as the gateway is meant for; otherwise as much as shows a mistake. It takes
 * minutes: `PORTCULLIS_E2E_FULL=1 npx tap run --timeout=600 test/e2e/bulk.test.ts`.
 */
export const isFull = process.env['PORTCULLIS_E2E_FULL'] === '1';

/** A size of a test's data: the whole one, and the one of every run. */
export function size(full: number, usual: number): number {
  return isFull ? full : usual;
}
