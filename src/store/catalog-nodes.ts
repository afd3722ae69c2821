import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type YAMLMap, YAMLSeq } from 'yaml';

/** catalog.yaml is written in a way that no edit by a program can follow; the message says the mend. */
export class UneditableCatalog extends Error {
  override readonly name = 'UneditableCatalog';
}

/** The mapping among a list's items whose `key` has this value. */
export function itemOf(document: Document, list: YAMLSeq, key: string, value: string): YAMLMap {
  for (const item of list.items) {
    if (isMap(item) && textAt(document, item, key) === value) return item;
    if (isAlias(item) && textAt(document, item.resolve(document), key) === value) throw shared(value);
  }
  throw new UneditableCatalog(`${value} is not where it was read: edit catalog.yaml by hand`);
}

/** The list at a key, made where there is none. */
export function listAt(document: Document, map: YAMLMap, key: string): YAMLSeq {
  const found = map.get(key, true) as Node | undefined;
  if (isSeq(found)) return found;
  if (isAlias(found)) throw shared(key);
  const made = new YAMLSeq(document.schema);
  map.set(key, made);
  return made;
}

/** The mapping at a key, made where there is none. */
export function mapAt(document: Document, map: YAMLMap, key: string): YAMLMap {
  const found = map.get(key, true) as Node | undefined;
  if (isMap(found)) return found;
  if (isAlias(found)) throw shared(key);
  const made = document.createNode({});
  map.set(key, made);
  return made;
}

/** A list that was written as `[]` would keep all that comes into it on one line. */
export function append(document: Document, list: YAMLSeq, value: unknown): void {
  if (list.items.length === 0) list.flow = false;
  list.add(document.createNode(value));
}

export function remove(list: YAMLSeq, item: unknown): void {
  list.items = list.items.filter((each) => each !== item);
}

/** Texts in this order; one that is there already keeps its comments. */
export function setTexts(document: Document, list: YAMLSeq, texts: readonly string[]): void {
  const known = new Map(
    list.items.flatMap((item) => {
      const text = isScalar(item) ? item.value : undefined;
      return typeof text === 'string' ? [[text, item] as const] : [];
    }),
  );
  list.items = texts.map((text) => known.get(text) ?? document.createNode(text));
}

/** The value at a key without comments, anchors and aliases. */
export function plainAt(document: Document, map: YAMLMap, key: string): unknown {
  const found = map.get(key, true) as Node | undefined;
  return found === undefined ? undefined : found.toJS(document);
}

function textAt(document: Document, map: unknown, key: string): unknown {
  return isMap(map) ? plainAt(document, map, key) : undefined;
}

function shared(what: string): UneditableCatalog {
  return new UneditableCatalog(
    `${what} stands in catalog.yaml as an alias (*…), which an edit would change elsewhere too: write it out there`,
  );
}
