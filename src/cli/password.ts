import { randomBytes } from 'node:crypto';
import { Command, InvalidArgumentError } from 'commander';
import { PasswordRater } from '../app/password-rater.ts';
import { DEFAULT_BITS, generatePassword, MIN_BITS } from '../passwords/generate.ts';
import type { Rating } from '../passwords/rating.ts';
import { MAX_LENGTH } from '../passwords/shape.ts';
import { CliError } from './error.ts';
import { type OutputFlags, outputOption, show } from './output.ts';
import { passwordFrom } from './typed-password.ts';

/** 128 characters of 62. */
const MAX_BITS = Math.floor(MAX_LENGTH * Math.log2(62));

/** One in ten is refused where it is as short as it may be. */
const MOST_TRIES = 100;

interface GenerateFlags extends OutputFlags {
  readonly bits: number;
}

interface CheckFlags extends OutputFlags {
  readonly user?: string;
  readonly database?: string;
}

/** `portcullis password`: a new one, or the verdict on one. */
export function passwordCommand(): Command {
  return new Command('password')
    .description('generate a password, or check how strong one is')
    .addCommand(
      outputOption(new Command('generate').description('print a random password of letters and digits'))
        .option('--bits <n>', `entropy, ${MIN_BITS} to ${MAX_BITS}`, parseBits, DEFAULT_BITS)
        .action(async (flags: GenerateFlags) => {
          const password = await generate(flags.bits);
          show({ password, bits: flags.bits }, flags, () => `${password}\n`);
        }),
    )
    .addCommand(
      outputOption(new Command('check').description('say how strong the password on standard input is'))
        .option('--user <role>', 'whose password it is')
        .option('--database <name>', 'the database it opens')
        .action(check),
    );
}

/** One that `check` would not refuse, should it be typed in elsewhere. */
async function generate(bits: number): Promise<string> {
  if (bits >= DEFAULT_BITS) return generatePassword(randomBytes, bits);
  await using rater = new PasswordRater();
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const password = generatePassword(randomBytes, bits);
    const rating = await rater.rate(password, {});
    if (rating.verdict === 'strong') return password;
    if (rating.bits === 0) throw new CliError(`the new password could not be checked: ${rating.why}`, 1);
  }
  throw new CliError(`no password of ${bits} bits was found strong: ask for more bits`, 1);
}

function parseBits(text: string): number {
  const bits = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (bits >= MIN_BITS && bits <= MAX_BITS) return bits;
  throw new InvalidArgumentError(`A password has from ${MIN_BITS} to ${MAX_BITS} bits.`);
}

async function check({ user, database, ...flags }: CheckFlags): Promise<void> {
  const password = await passwordFrom();
  await using rater = new PasswordRater();
  const rating = await rater.rate(password, { user, database });
  const { verdict, bits, why, suggestion = null } = rating;
  show({ verdict, bits, required_bits: MIN_BITS, why, suggestion }, flags, () => asText(rating));
  if (verdict === 'weak') process.exitCode = 1;
}

function asText({ verdict, bits, why, suggestion }: Rating): string {
  const measure = bits === 0 ? '' : `${bits} bits, at least ${MIN_BITS} needed; `;
  const mend = suggestion === undefined ? '' : `  ${suggestion}\n`;
  return `${verdict}: ${measure}${why}\n${mend}`;
}
