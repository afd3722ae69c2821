import { ProvisionError } from './error.ts';
import { identifier, literal } from './quoting.ts';

/**
 * Parameters whose stored value is a list of quoted names (GUC_LIST_QUOTE, as pg_dump's
 * variable_is_guc_list_quote has them): given as one text it would become one name.
 */
const LISTS = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
]);

/**
 * @param whose `ALTER DATABASE "x"`, `ALTER ROLE "r" IN DATABASE "x"`.
 * @param settings as the server keeps them: `name=value`.
 */
export function settingStatements(whose: string, settings: readonly string[]): string[] {
  return settings.map((setting) => {
    const at = setting.indexOf('=');
    const name = setting.slice(0, at);
    const value = setting.slice(at + 1);
    const values = LISTS.has(name) ? listElements(value) : [value];
    const to = values.length === 0 ? "''" : values.map(literal).join(', ');
    return `${whose} SET ${identifier(name)} TO ${to}`;
  });
}

/**
 * The elements of a list as SplitIdentifierString (utils/adt/varlena.c) reads it: names apart by commas, in double
 * quotes where they have others than plain characters.
 * @throws ProvisionError where it is none.
 */
export function listElements(text: string): string[] {
  const elements: string[] = [];
  let rest = text.trim();
  if (rest === '') return [];
  for (;;) {
    const [whole, quoted, plain] = /^\s*(?:"((?:[^"]|"")*)"|([^\s,"]+))\s*(?=,|$)/.exec(rest) ?? [];
    if (whole === undefined) throw new ProvisionError('a setting of the parent is no list: mend it there');
    elements.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
    rest = rest.slice(whole.length);
    if (rest === '') return elements;
    rest = rest.slice(1);
  }
}
