import type { z } from 'zod';
import { duration, flag, keys, listenAddress, oneOf, size, text } from './fields.ts';
import type { Surroundings } from './surroundings.ts';
import { textOrFile } from './text-or-file.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

export const DEFAULT_AUDIT_DIR = 'var/audit';

/** `audit` as it is written; `toAudit` gives it its final shape. */
export function audit(surroundings: Surroundings) {
  return keys({
    dir: text().default(DEFAULT_AUDIT_DIR).describe('Folder of the records, mode 0700.'),
    retention: duration({ min: HOUR, max: 3650 * DAY })
      .prefault('30d')
      .describe('How long records are kept.'),
    signing_key: keys({ file: text().describe('Path of an Ed25519 key in PEM form, mode 0600.') })
      .optional()
      .describe(
        'Key that signs the chain, made where it is missing; outside dir. By default beside dir, with .key at the end.',
      ),
    encryption_key: textOrFile(surroundings)
      .optional()
      .describe('Keys that closed segments are encrypted with, as catalog.key; without them they are not.'),
    segment_size: size({ min: 64 * KIB, max: GIB })
      .prefault('64MiB')
      .describe('A file of records is closed at this size,'),
    segment_age: duration({ min: MINUTE, max: 31 * DAY })
      .prefault('24h')
      .describe('or at this age.'),
    reserve: size({ min: 0, max: 1024 * GIB })
      .prefault('64MiB')
      .describe('Free space that refusals before login leave to everything else.'),
    refusals_per_second: size({ min: 256, max: 16 * MIB })
      .prefault('4KiB')
      .describe(
        'What records of refusals before login may take a second; beyond it they are counted together.',
      ),
    on_failure: oneOf(['refuse', 'admit'])
      .default('refuse')
      .describe('Whether anybody is let in while the trail cannot be written.'),
    stdout: flag().default(false).describe('Whether records go to standard output, too.'),
    syslog: syslog().optional().describe('A syslog server that gets every record (RFC 5424).'),
  });
}

export type WrittenAudit = z.output<ReturnType<typeof audit>>;

function syslog() {
  return keys({
    address: listenAddress().describe('host:port; the usual ports are 6514 for TLS and 601 for TCP.'),
    protocol: oneOf(['tls', 'tcp']).default('tls').describe('TLS (RFC 5425) or plain TCP (RFC 6587).'),
    ca: text()
      .optional()
      .describe("Path of the authorities to believe, in PEM form; by default the runtime's own."),
    server_name: text().optional().describe('Name its certificate must have; by default the host.'),
  });
}
