import { ok } from 'node:assert/strict';
import { parseCertificate, splitCertificates } from '../../../src/certificates/pem.ts';
import { CA_PEM } from '../../config/a-config.ts';
import type { Target } from '../target.ts';
import { checkFacts, unlessBadCertificate } from './certificates.ts';

const BEGIN = '-----BEGIN CERTIFICATE-----';
const END = '-----END CERTIFICATE-----';

/** A file of certificates as people put them together. */
export const pem: Target = {
  maxLength: 16_000,
  floorMs: 200,
  seeds: [Buffer.from(CA_PEM), Buffer.from(`${CA_PEM}${CA_PEM}`)],
  run(input) {
    const text = input.toString('utf8');
    const blocks = unlessBadCertificate(() => splitCertificates(text));
    if (text.includes(BEGIN) && isClosed(text)) ok(blocks !== undefined, 'refused');
    if (blocks !== undefined) ok(blocks.length >= text.split(BEGIN).length - 1, 'one is left out');
    for (const block of blocks ?? []) {
      ok(block.startsWith(BEGIN) && block.endsWith(END) && text.includes(block));
      if (unlessBadCertificate(() => parseCertificate(block)) !== undefined) checkFacts(block);
    }
  },
};

/** Whether every certificate that begins ends before anything else does. */
function isClosed(text: string): boolean {
  const [, ...begun] = text.split(BEGIN);
  return begun.every((rest) => /^[^-]*-----END CERTIFICATE-----/.test(rest));
}
