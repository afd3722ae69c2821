/** What a shell does not take as it is between double quotes (POSIX Shell Command Language, 2.2.3), and line breaks. */
const MEANT_FOR_A_SHELL = /[$`"\\\n]/;

/**
 * Whether a path stays what it is where initdb puts it into a command: it runs `"<path>/postgres" …` by way of `sh`
 * (find_other_exec, src/common/exec.c), and a folder called `$(reboot)` must be no more than that.
 */
export function isPlainInQuotes(path: string): boolean {
  return !MEANT_FOR_A_SHELL.test(path);
}
