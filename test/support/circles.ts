/** Who leads to whom. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * @returns each circle of a graph once, the shortest through each of its members, as the way round it:
 * `[a, b, a]`. Fine for some hundred members; it looks from each one.
 */
export function circles(graph: Graph): string[][] {
  const found = new Map<string, string[]>();
  for (const start of graph.keys()) {
    const circle = shortestWayRound(graph, start);
    if (circle === undefined) continue;
    const members = [...new Set(circle)].sort().join('\n');
    if (!found.has(members)) found.set(members, circle);
  }
  return [...found.values()];
}

function shortestWayRound(graph: Graph, start: string): string[] | undefined {
  const ways: string[][] = [[start]];
  const seen = new Set<string>();
  for (const way of ways) {
    for (const next of graph.get(way.at(-1) ?? start) ?? []) {
      if (next === start) return [...way, next];
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return undefined;
}
