import { DAY_MS } from '../certificates/lifetimes.ts';
import { type Expiring, expiryWarning } from '../net/certificate-warnings.ts';

const HOUR_MS = 3_600_000;
/** What has so little of its time left is not being renewed: 9 days of 90, 16 hours of a list's week. */
const LAST_PART = 0.1;
/** For what lasts for years. */
const SOON_MS = 14 * DAY_MS;

/**
 * Looks at certificates and revocation lists now and every hour, since they end while nobody reads them, and warns
 * once a day of each that has ended or is about to. What has ended already is told by whoever has read it. It does
 * not keep the process alive; neither function may throw.
 */
export function watchExpiry(
  expiring: () => readonly Expiring[],
  warn: (file: string, problem: string) => void,
): { close(): void } {
  const reminders = new Reminders(expiring(), new Date());
  const look = (): void => {
    for (const { file, problem } of reminders.due(expiring(), new Date())) warn(file, problem);
  };
  look();
  const timer = setInterval(look, HOUR_MS).unref();
  return { close: () => clearInterval(timer) };
}

/** Remembers what was told, so that it is told once a day. */
export class Reminders {
  readonly #told: Map<string, number>;

  /** @param expiring of which those that have ended count as told. */
  constructor(expiring: readonly Expiring[], now: Date) {
    const ended = expiring.filter((each) => expiryWarning(each, now) !== undefined);
    this.#told = new Map(ended.map(({ file }) => [file, now.getTime()]));
  }

  due(expiring: readonly Expiring[], now: Date): { readonly file: string; readonly problem: string }[] {
    return expiring.flatMap((each) => {
      const problem = expiryWarning(each, now) ?? soonWarning(each, now);
      const told = this.#told.get(each.file);
      if (problem === undefined || (told !== undefined && now.getTime() - told < DAY_MS)) return [];
      this.#told.set(each.file, now.getTime());
      return [{ file: each.file, problem }];
    });
  }
}

function soonWarning({ notBefore, notAfter }: Expiring, now: Date): string | undefined {
  const soon = Math.min(SOON_MS, LAST_PART * (notAfter.getTime() - notBefore.getTime()));
  if (notAfter.getTime() - now.getTime() > soon) return undefined;
  return `ends on ${notAfter.toISOString()}: renew it`;
}
