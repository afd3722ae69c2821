import { createReadStream } from 'node:fs';
import { Command, Option } from 'commander';
import { CertificateError } from '../certificates/error.ts';
import { type CertificateFacts, inspectCertificate } from '../certificates/inspect.ts';
import { daysLeft } from '../certificates/lifetimes.ts';
import { splitCertificates } from '../certificates/pem.ts';
import { printableSentence } from '../observe/printable.ts';
import { fileReason } from '../store/file-reason.ts';
import { CliError } from './error.ts';
import { asJson as asOutput } from './output.ts';

/** A bundle of all the authorities that a system believes has 0.3 MB. */
const MAX_BYTES = 4 * 1024 * 1024;

interface Inspected {
  /** As it was named. */
  readonly file: string;
  /** The certificate's place in the file, from 1, and how many there are. */
  readonly place: number;
  readonly of: number;
  readonly facts: CertificateFacts;
}

/** `portcullis certs inspect`. Its action throws CliError, after showing what could be read. */
export function certsInspectCommand(print: (text: string) => void): Command {
  return new Command('inspect')
    .description('what certificates cover, when they end, whether channel binding works with them')
    .argument('<file...>', 'PEM files; all certificates in them are shown')
    .addOption(new Option('-o, --output <format>', 'format').choices(['table', 'json']).default('table'))
    .action(async (files: readonly string[], { output }: { readonly output: string }) => {
      const results = await Promise.all(files.map(inspectFile));
      const inspected = results.flatMap((result) => result.inspected);
      print(output === 'json' ? asJson(inspected, new Date()) : asTable(inspected, new Date()));
      const failures = results.flatMap((result) => result.failure ?? []);
      if (failures.length > 0) throw new CliError(failures.join('; '), 1);
    });
}

interface FileResult {
  readonly inspected: readonly Inspected[];
  /** Why the file could not be read, in one line that names it. */
  readonly failure?: string;
}

async function inspectFile(file: string): Promise<FileResult> {
  try {
    const blocks = splitCertificates(await textOf(file));
    const inspected = blocks.map((pem, i) => {
      return { file, place: i + 1, of: blocks.length, facts: inspectCertificate(pem) };
    });
    return { inspected };
  } catch (error) {
    const reason = error instanceof CertificateError ? error.message : fileReason(error);
    return { inspected: [], failure: `${file}: ${reason}` };
  }
}

/** Also of a pipe: `openssl s_client … | portcullis certs inspect /dev/stdin`. */
async function textOf(file: string): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_BYTES)
      throw new CertificateError(`larger than ${MAX_BYTES} bytes: is it the right file?`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** An array with an object a certificate; its fields are part of the outside face. */
function asJson(inspected: readonly Inspected[], now: Date): string {
  const objects = inspected.map(({ file, place, facts }) => ({
    file,
    place,
    subject: facts.subject,
    issuer: facts.issuer,
    dns_names: facts.dnsNames,
    ip_addresses: facts.ipAddresses,
    not_before: facts.notBefore.toISOString(),
    not_after: facts.notAfter.toISOString(),
    days_left: daysLeft(facts.notAfter, now),
    key_type: facts.keyType,
    signature_algorithm: facts.signatureAlgorithm,
    self_signed: facts.selfSigned,
    authority: facts.authority,
    channel_binding: facts.channelBinding,
  }));
  return asOutput(objects);
}

function asTable(inspected: readonly Inspected[], now: Date): string {
  return inspected.map((each) => tableOf(each, now)).join('\n');
}

function tableOf({ file, place, of, facts }: Inspected, now: Date): string {
  const binding = facts.channelBinding;
  const rows = [
    ['covers', coverage(facts)],
    ['subject', facts.subject],
    ['issuer', facts.selfSigned ? 'itself (self-signed)' : facts.issuer],
    ['valid', period(facts, now)],
    ['key', facts.keyType],
    ['signature', facts.signatureAlgorithm],
    ['channel binding', binding.works ? `works, with ${binding.hash}` : `does not work: ${binding.why}`],
  ];
  const written = rows.map(
    ([label = '', value = '']) => `  ${label.padEnd(16)} ${printableSentence(value)}\n`,
  );
  const title = of === 1 ? file : `${file}, certificate ${place} of ${of}`;
  return `${printableSentence(title)}\n${written.join('')}`;
}

function coverage({ dnsNames, ipAddresses, authority }: CertificateFacts): string {
  const names = [...dnsNames, ...ipAddresses];
  if (names.length > 0) return names.join(', ');
  return authority ? 'no name: it signs other certificates' : 'no name: it has no subjectAltName';
}

function period({ notBefore, notAfter }: CertificateFacts, now: Date): string {
  const left = daysLeft(notAfter, now);
  const day = (date: Date): string => date.toISOString().slice(0, 10);
  const note = notBefore > now ? 'not yet valid' : left < 0 ? 'ENDED' : `${left} days left`;
  return `${day(notBefore)} to ${day(notAfter)} (${note})`;
}
