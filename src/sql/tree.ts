/** Looks into a parse tree of libpg-query's, of which nothing is taken for granted. */

export function fieldOf(node: unknown, name: string): unknown {
  if (typeof node !== 'object' || node === null || !Object.hasOwn(node, name)) return undefined;
  return Reflect.get(node, name);
}

export function listIn(node: unknown, name: string): readonly unknown[] {
  const list = fieldOf(node, name);
  return Array.isArray(list) ? list : [];
}

/** The parse tree leaves out numbers that are 0. */
export function numberIn(node: unknown, name: string): number {
  const value = fieldOf(node, name);
  return typeof value === 'number' ? value : 0;
}

/** A String node's text; an empty one has no `sval`. Undefined for any other node. */
export function stringIn(node: unknown): string | undefined {
  const string = fieldOf(node, 'String');
  if (string === undefined) return undefined;
  const text = fieldOf(string, 'sval');
  return typeof text === 'string' ? text : '';
}

/** Every object in a tree, however deep. */
export function* nodesIn(tree: unknown): Generator<object> {
  const waiting = [tree];
  while (waiting.length > 0) {
    const node = waiting.pop();
    if (typeof node !== 'object' || node === null) continue;
    yield node;
    for (const each of Object.values(node)) if (typeof each === 'object') waiting.push(each);
  }
}
