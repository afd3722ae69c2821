import { equal, ok } from 'node:assert/strict';
import { parseRevocationLists } from '../../../src/certificates/revocation-list.ts';
import type { Target } from '../target.ts';
import { unlessBadCertificate } from './certificates.ts';

/** RFC 5280, 4.1.2.5: a year has four digits. */
const LAST_YEAR = 9999;

/** Bytes of an entry: tag and length of it and of its number, which has a byte. */
const LEAST_ENTRY = 5;

/** A certificate revocation list in DER. */
export const revocation: Target = {
  maxLength: 4000,
  floorMs: 50,
  run(input) {
    const block = `-----BEGIN X509 CRL-----\n${input.toString('base64')}\n-----END X509 CRL-----`;
    const lists = unlessBadCertificate(() => parseRevocationLists(`${block}\n${block}`));
    if (lists === undefined) return;
    equal(lists.length, 2);
    for (const { pem, issuer, thisUpdate, nextUpdate = thisUpdate, revoked } of lists) {
      equal(pem, block);
      // Each takes five bytes of the list at least, so that none comes from nowhere.
      const serials = unlessBadCertificate(() => [...revoked()]) ?? [];
      ok(serials.length <= input.length / LEAST_ENTRY, `${serials.length} serial numbers`);
      ok(input.includes(issuer));
      for (const date of [thisUpdate, nextUpdate]) {
        ok(
          date.getUTCFullYear() >= 0 && date.getUTCFullYear() <= LAST_YEAR,
          `the year ${date.getUTCFullYear()}`,
        );
      }
    }
  },
};
