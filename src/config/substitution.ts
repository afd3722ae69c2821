import type { Env } from './surroundings.ts';

/** IEEE Std 1003.1, 8.1: what shells and Docker take for a variable's name. */
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** `$${` is an escaped `${`; what stands in braces is looked at afterwards. */
const PLACE = /\$\$\{|\$\{([^}]*)\}?/g;

/**
 * Puts environment variables in the place of `${NAME}`, once: what a variable holds is not looked through
 * again. `$${` stands for `${`; any other `$` for itself, as verifiers have them.
 */
export function substitute(text: string, env: Env): { readonly text: string } | { readonly problem: string } {
  const problems: string[] = [];
  const replaced = text.replace(PLACE, (place: string, name: string | undefined) => {
    if (name === undefined) return '${';
    const found = lookUp(place, name, env);
    if ('text' in found) return found.text;
    problems.push(found.problem);
    return '';
  });
  const [problem] = problems;
  return problem === undefined ? { text: replaced } : { problem };
}

/** The value of a text that is one `${NAME}` and nothing else; undefined where it is another text. */
export function wholeVariable(
  text: string,
  env: Env,
): { readonly text: string } | { readonly problem: string } | undefined {
  const name = /^\$\{([^}]*)\}$/.exec(text)?.[1];
  return name === undefined ? undefined : lookUp(text, name, env);
}

function lookUp(
  place: string,
  name: string,
  env: Env,
): { readonly text: string } | { readonly problem: string } {
  if (!VARIABLE_NAME.test(name) || !place.endsWith('}')) {
    return { problem: `a variable is written \${NAME}: write $\${ for the characters themselves` };
  }
  // Own properties only: `${constructor}` is no variable.
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value !== undefined) return { text: value };
  return { problem: `environment variable ${name} is not set: set it, or write $\${${name}} for plain text` };
}

/** Docker secrets and editors end a file with a newline that is not part of the value. */
export function withoutLastNewline(text: string): string {
  return text.replace(/\r?\n$/, '');
}
