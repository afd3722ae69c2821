/**
 * What a .dockerignore keeps out of the builder's sight: the last pattern that matches a path, or a folder above
 * it, decides (Docker's manual, "Build context", `.dockerignore` files).
 * @returns whether a path, relative to the context and with slashes, is kept out.
 */
export function readDockerignore(text: string): (path: string) => boolean {
  const rules = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ keepsOut: !line.startsWith('!'), pattern: globPattern(line.replace(/^!/, '')) }));
  return (path) => {
    const folders = path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
    const rule = rules.findLast(({ pattern }) => folders.some((folder) => pattern.test(folder)));
    return rule?.keepsOut ?? false;
  };
}

/** `*` is anything within a name, also where it begins with a dot. */
export function globPattern(glob: string): RegExp {
  const source = glob.replaceAll(/[.+^${}()|[\]\\?]/g, '\\$&').replaceAll('*', '[^/]*');
  return new RegExp(`^${source}$`);
}
