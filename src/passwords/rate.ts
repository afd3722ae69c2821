import { preparePassword } from '../scram/saslprep.ts';
import { readCharacters } from './characters.ts';
import { vocabularies } from './context-words.ts';
import { estimate } from './estimate.ts';
import { MIN_BITS } from './generate.ts';
import type { PasswordContext, Rating } from './rating.ts';
import { mendFor, whyWeak } from './reasons.ts';
import { misshapen } from './shape.ts';

/**
 * Characters that are looked at, since the time grows with the square: a second for the worst. What stands behind
 * them adds nothing.
 */
const LOOKED_AT = 64;

/**
 * Rates a password that somebody chose (docs/passwords.md says the rule to users). What is rated is what an attacker
 * has to guess: the password as SASLprep leaves it, or as it is where PostgreSQL takes the raw bytes.
 *
 * It never throws, whatever the password or a name holds. It may take a second: call it through the worker
 * (app/password-rater.ts).
 * @param minBits whole bits that are strong.
 */
export function rate(password: string, context: PasswordContext, minBits = MIN_BITS): Rating {
  const misfit = misshapen(password, () => preparePassword(password));
  if (misfit !== undefined) return misfit;
  const { bits, tokens } = estimate(
    readCharacters(preparePassword(password), LOOKED_AT),
    vocabularies(context),
  );
  if (bits >= minBits) {
    return {
      bits: Math.round(bits),
      verdict: 'strong',
      why: 'it takes long to guess',
      suggestion: undefined,
    };
  }
  return {
    // Never rounded up to what it has missed.
    bits: Math.min(Math.round(bits), minBits - 1),
    verdict: 'weak',
    why: whyWeak(tokens),
    suggestion: mendFor(minBits - bits),
  };
}
