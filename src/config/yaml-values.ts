import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml';
import { quoted } from './problem.ts';
import type { YamlFault } from './yaml-faults.ts';

/** The deepest key of ours is at 8; the rest is room for a mistake to be told in its own words. */
const MAX_DEPTH = 64;
/** Values that aliases may add to those written down: what a "billion laughs" text multiplies. */
const MAX_ALIASED_VALUES = 100_000;

/** Where a value and the key before it stand; offsets into the text. */
export interface Place {
  readonly at: number;
  readonly keyAt: number;
  readonly children: ReadonlyMap<PropertyKey, Place>;
}

export interface Placed {
  readonly value: unknown;
  readonly place: Place;
}

/** Changes a text before it is used. */
export type TextChange = (text: string) => { readonly value: unknown } | { readonly problem: string };

const NO_CHILDREN: ReadonlyMap<PropertyKey, Place> = new Map();

/** Turns parsed nodes into plain values, each with its place, and finds what the parser lets through. */
export class YamlValues {
  readonly faults: YamlFault[] = [];
  readonly #change: TextChange;
  /** Anchors met so far: an alias means the last one before it (YAML 1.2.2, 7.1). */
  readonly #anchors = new Map<string, Node>();
  /** Anchored nodes that we are inside of: an alias to one of them has no end. */
  readonly #open = new Set<Node>();
  #aliasDepth = 0;
  #aliasedValues = 0;
  #multiplied = false;

  /** Values behind that are missing, too. */
  get isCut(): boolean {
    return this.#multiplied;
  }

  constructor(change: TextChange) {
    this.#change = change;
  }

  convert(node: unknown, keyAt = 0, depth = 0): Placed {
    const at = startOf(node, keyAt);
    if (depth > MAX_DEPTH) return this.#fault(at, keyAt, 'nested too deeply');
    if (isAlias(node)) return this.#alias(node, keyAt, depth);
    if (this.#aliasDepth > 0) this.#aliasedValues += 1;
    if (this.#aliasedValues > MAX_ALIASED_VALUES) return leaf(null, at, keyAt);
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) return leaf(null, at, keyAt);
    if (node.anchor === undefined) return this.#collectionOrScalar(node, keyAt, depth);
    this.#anchors.set(node.anchor, node);
    this.#open.add(node);
    const placed = this.#collectionOrScalar(node, keyAt, depth);
    this.#open.delete(node);
    return placed;
  }

  #collectionOrScalar(node: Node, keyAt: number, depth: number): Placed {
    const at = startOf(node, keyAt);
    if (isScalar(node)) return this.#scalar(node, at, keyAt);
    const children = new Map<PropertyKey, Place>();
    const value = isMap(node) ? {} : [];
    const place = { at, keyAt, children };
    if (isMap(node)) this.#map(node.items, { value, place }, depth);
    if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) {
        const placed = this.convert(item, startOf(item, at), depth + 1);
        Object.defineProperty(value, index, own(placed.value));
        children.set(index, placed.place);
      }
    }
    return { value, place };
  }

  #map(
    items: readonly Pair[],
    into: { value: object; place: Place & { children: Map<PropertyKey, Place> } },
    depth: number,
  ): void {
    for (const { key, value } of items) {
      const name = isScalar(key) ? String(key.value) : '';
      const keyAt = startOf(key, into.place.at);
      if (isScalar(key) && key.anchor !== undefined) this.#anchors.set(key.anchor, key);
      if (!isScalar(key)) this.#add(keyAt, 'a key must be plain text');
      else if (name === '__proto__') this.#add(keyAt, 'unknown key "__proto__": remove it');
      else if (into.place.children.has(name)) this.#add(keyAt, `key ${quoted(name)} stands here twice`);
      else {
        const placed = this.convert(value, keyAt, depth + 1);
        Object.defineProperty(into.value, name, own(placed.value));
        into.place.children.set(name, placed.place);
      }
    }
  }

  #alias(node: Alias, keyAt: number, depth: number): Placed {
    const at = startOf(node, keyAt);
    const target = this.#anchors.get(node.source);
    if (target === undefined)
      return this.#fault(at, keyAt, 'an alias (*name) stands before its anchor (&name)');
    if (this.#open.has(target)) return this.#fault(at, keyAt, 'an alias stands within what it repeats');
    this.#aliasDepth += 1;
    const { value, place } = this.convert(target, keyAt, depth);
    this.#aliasDepth -= 1;
    if (this.#aliasDepth === 0 && this.#aliasedValues > MAX_ALIASED_VALUES && !this.#multiplied) {
      this.#multiplied = true;
      this.#add(at, `aliases repeat more than ${MAX_ALIASED_VALUES} values: write them out`);
    }
    return { value, place: { ...place, at, keyAt } };
  }

  #scalar(node: Scalar, at: number, keyAt: number): Placed {
    if (typeof node.value !== 'string') return leaf(node.value, at, keyAt);
    const changed = this.#change(node.value);
    return 'problem' in changed ? this.#fault(at, keyAt, changed.problem) : leaf(changed.value, at, keyAt);
  }

  #fault(at: number, keyAt: number, message: string): Placed {
    this.#add(at, message);
    return leaf(null, at, keyAt);
  }

  #add(offset: number, message: string): void {
    this.faults.push({ offset, message });
  }
}

function leaf(value: unknown, at: number, keyAt: number): Placed {
  return { value, place: { at, keyAt, children: NO_CHILDREN } };
}

function own(value: unknown): PropertyDescriptor {
  return { value, enumerable: true, writable: true, configurable: true };
}

/** @param otherwise for a node that the parser made up, as the value of a key that has none. */
function startOf(node: unknown, otherwise: number): number {
  const range = isAlias(node) || isMap(node) || isSeq(node) || isScalar(node) ? node.range : undefined;
  return range?.[0] ?? otherwise;
}
