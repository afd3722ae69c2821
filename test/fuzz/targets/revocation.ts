import { equal, ok } from 'node:assert/strict';
import { parseRevocationLists } from '../../../src/certificates/revocation-list.ts';
import type { Target } from '../target.ts';
import { unlessBadCertificate } from './certificates.ts';

/** RFC 5280, 4.1.2.5: a year has four digits. */
const LAST_YEAR = 9999;

/** A certificate revocation list in DER. */
export const revocation: Target = {
  maxLength: 4000,
  floorMs: 50,
  words: [
    ...['3000', '3080', '3083ffffff', '020101', '300a06082a8648ce3d040302', '170d3236313132333136323531325a', '180f', '170b'],
    ...['180f32303530303130313030303030305a', '180f39393939313233313233353935395a', '5a', '2d30313030', 'a0', '1f', 'ff'],
  ].map((hex) => Buffer.from(hex, 'hex')),
  run(input) {
    const block = `-----BEGIN X509 CRL-----\n${input.toString('base64')}\n-----END X509 CRL-----`;
    const lists = unlessBadCertificate(() => parseRevocationLists(`${block}\n${block}`));
    if (lists === undefined) return;
    equal(lists.length, 2);
    for (const { pem, issuer, thisUpdate, nextUpdate = thisUpdate } of lists) {
      equal(pem, block);
      ok(input.includes(issuer));
      for (const date of [thisUpdate, nextUpdate]) {
        ok(date.getUTCFullYear() >= 0 && date.getUTCFullYear() <= LAST_YEAR, `the year ${date.getUTCFullYear()}`);
      }
    }
  },
};
