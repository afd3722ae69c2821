/**
 * The two modules of rate-limiter-flexible from which a store of one's own is made (its README, "Contributions").
 * Its types know the class, without the methods to implement, and under a name that its entry point does not export.
 */
declare module 'rate-limiter-flexible/lib/RateLimiterRes.js' {
  import { RateLimiterRes } from 'rate-limiter-flexible';
  export default RateLimiterRes;
}

declare module 'rate-limiter-flexible/lib/RateLimiterStoreAbstract.js' {
  import { type RateLimiterRes, RateLimiterStoreAbstract } from 'rate-limiter-flexible';

  /** `Raw` is what the store itself answers. */
  export default abstract class StoreLimiter<Raw> extends RateLimiterStoreAbstract {
    /** @param options the span in seconds. What the store needs is its own affair: no `storeClient`. */
    constructor(options: { points: number; duration: number; keyPrefix: string });
    /** Adds points to a key; with `forceExpire`, replaces its points and its span. */
    protected abstract _upsert(
      key: string,
      points: number,
      milliseconds: number,
      forceExpire: boolean,
    ): Promise<Raw>;
    protected abstract _get(key: string): Promise<Raw | null>;
    /** @returns false where there is no such key. */
    protected abstract _delete(key: string): Promise<boolean>;
    protected abstract _getRateLimiterRes(key: string, changedPoints: number, raw: Raw): RateLimiterRes;
  }
}
