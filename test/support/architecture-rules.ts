import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { circles, type Graph } from './circles.ts';
import { COMPUTED, type Import, type SourceFile } from './source-files.ts';

/**
 * The rules of ARCHITECTURE.md, each from files to problems. A problem is one sentence that says where, what is
 * wrong and how to mend it; no problem, no sentence.
 */

/** Rooms from the ground up: the first row is floor 1. */
export type Floors = readonly (readonly string[])[];

/** A room is a folder of src/; a file that lies in src/ itself is a room of its own. */
function roomOf(path: string): string {
  return path.split('/', 1).join();
}

/** @returns from 1 up; 0 where the table does not know the room. */
function floorOf(floors: Floors, room: string): number {
  return floors.findIndex((rooms) => rooms.includes(room)) + 1;
}

interface Edge {
  readonly from: SourceFile;
  readonly made: Import;
  /** The imported file, from src/. */
  readonly to: string;
}

function isRelative(specifier: string): boolean {
  return specifier.startsWith('.');
}

function edgesOf(files: readonly SourceFile[]): Edge[] {
  return files.flatMap((from) =>
    from.imports
      .filter(({ specifier }) => isRelative(specifier))
      .map((made) => ({ from, made, to: posix.join(posix.dirname(from.path), made.specifier) })),
  );
}

function at(file: SourceFile, line: number): string {
  return `src/${file.path}:${line}`;
}

/** Every folder of src/ has a floor. */
export function unknownRooms(files: readonly SourceFile[], floors: Floors): string[] {
  const rooms = new Set(files.map(({ path }) => roomOf(path)));
  return [...rooms]
    .filter((room) => floorOf(floors, room) === 0)
    .map(
      (room) =>
        `src/${room} has no floor: add it to FLOORS in test/architecture.test.ts and to ARCHITECTURE.md`,
    );
}

/** Imports go to the same room, to a lower floor or to a neighbour: never up, never out of src/. */
export function importsUpwards(files: readonly SourceFile[], floors: Floors): string[] {
  return edgesOf(files).flatMap(({ from, made, to }) => {
    const where = at(from, made.line);
    if (to.startsWith('..'))
      return [`${where} imports ${made.specifier}, which is not in src/: move it there`];
    const [room, target] = [roomOf(from.path), roomOf(to)];
    const [floor, above] = [floorOf(floors, room), floorOf(floors, target)];
    if (floor === 0 || above <= floor) return [];
    return [
      `${where} imports src/${to}: ${room} is on floor ${floor} and ${target} above it on ${above}. ` +
        `Move what both need down, or have it handed in through an interface beside its user (session/ports.ts)`,
    ];
  });
}

/** No file leads back to itself, through types neither. */
export function fileCircles(files: readonly SourceFile[]): string[] {
  const graph = graphOf(edgesOf(files).map(({ from, to }) => [from.path, to]));
  return circles(graph).map(
    (way) => `src/ has a circle of imports, ${way.join(' → ')}: put what they share into a file of its own`,
  );
}

/** No room leads back to itself. */
export function roomCircles(files: readonly SourceFile[]): string[] {
  const edges = edgesOf(files).filter(({ from, to }) => roomOf(from.path) !== roomOf(to));
  const graph = graphOf(edges.map(({ from, to }) => [roomOf(from.path), roomOf(to)]));
  return circles(graph).map((way) => {
    const steps = way.slice(1).map((room, i) => {
      const edge = edges.find(({ from, to }) => roomOf(from.path) === way[i] && roomOf(to) === room);
      return edge === undefined ? '' : `${at(edge.from, edge.made.line)} imports src/${edge.to}`;
    });
    return `rooms lead in a circle, ${way.join(' → ')}: turn one of these round (${steps.join('; ')})`;
  });
}

function graphOf(edges: readonly (readonly [from: string, to: string])[]): Graph {
  const graph = new Map<string, Set<string>>();
  for (const [from, to] of edges) graph.set(from, (graph.get(from) ?? new Set()).add(to));
  return graph;
}

/** What files on the pure floors may use of others: nothing that opens a socket or a file or tells the time. */
export interface Purity {
  readonly floors: number;
  readonly builtins: ReadonlySet<string>;
  readonly packages: ReadonlySet<string>;
  /** Names that bring chance in, whatever module they are taken from. */
  readonly chance: RegExp;
}

/** The lower floors are functions of their arguments: no sockets, files, clocks, chance or process. */
export function impurities(files: readonly SourceFile[], floors: Floors, purity: Purity): string[] {
  return files
    .filter(({ path }) => isBetween(floorOf(floors, roomOf(path)), 1, purity.floors))
    .flatMap((file) =>
      [
        ...file.imports
          .filter((made) => !isPure(made, purity))
          .map((made) => ({ what: made.specifier, ...made })),
        ...file.imports.flatMap(({ line, names }) =>
          names.filter((name) => purity.chance.test(name)).map((what) => ({ what, line })),
        ),
        ...file.ambient,
      ].map(
        ({ what, line }) =>
          `${at(file, line)} uses ${what}, but floors 1 to ${purity.floors} know no sockets, files, clocks or chance: ` +
          'take what it gives as an argument, or move the file up (a pure package goes into PURITY)',
      ),
    );
}

function isBetween(value: number, low: number, high: number): boolean {
  return value >= low && value <= high;
}

/** Types count: who speaks of a Socket works with one. */
function isPure({ specifier }: Import, { builtins, packages }: Purity): boolean {
  if (isRelative(specifier)) return true;
  return isBuiltin(specifier) ? builtins.has(specifier) : packages.has(packageOf(specifier));
}

function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** An import names a file with its ending, a package, or a builtin with `node:` before it. */
export function unclearImports(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    file.imports.flatMap(({ specifier, line }) => {
      const mend = mendOf(specifier);
      return mend === undefined ? [] : [`${at(file, line)} imports ${specifier}: ${mend}`];
    }),
  );
}

const PACKAGE = /^(@[\w.-]+\/)?[\w.-]+(\/[\w./-]+)?$/;

function mendOf(specifier: string): string | undefined {
  if (specifier === COMPUTED) return 'name the module in the import, or nobody can follow it';
  if (isRelative(specifier)) return specifier.endsWith('.ts') ? undefined : 'end it in .ts, as Node runs it';
  if (specifier.startsWith('node:')) return undefined;
  if (isBuiltin(specifier)) return `write node:${specifier}`;
  return PACKAGE.test(specifier) ? undefined : 'import a file by its relative path';
}

/** What src/ runs on is installed where development dependencies are not. */
export function undeclaredPackages(files: readonly SourceFile[], declared: ReadonlySet<string>): string[] {
  return files.flatMap((file) =>
    file.imports
      .filter(
        ({ specifier, typeOnly }) => !typeOnly && mendOf(specifier) === undefined && !isRelative(specifier),
      )
      .filter(({ specifier }) => !isBuiltin(specifier) && !declared.has(packageOf(specifier)))
      .map(({ specifier, line }) => `${at(file, line)} imports ${specifier}: add it to "dependencies"`),
  );
}

/** Files stay small enough to be read in one go, and none only passes on what others export. */
export function unwieldyFiles(files: readonly SourceFile[], maxLines: number): string[] {
  return files.flatMap(({ path, lines }) => [
    ...(lines > maxLines ? [`src/${path} has ${lines} lines, over ${maxLines}: split it by concern`] : []),
    ...(posix.basename(path) === 'index.ts' ? [`src/${path} is a barrel: name it after what it does`] : []),
  ]);
}

/** @returns a problem for each package that the text does not name, as a word of its own or as `family-*`. */
export function unnamedPackages(packages: Iterable<string>, text: string): string[] {
  const words = new Set(text.match(/[@\w][\w./-]*(?:[/-]\*|\w)/g));
  const families = [...words].filter((word) => word.endsWith('*')).map((word) => word.slice(0, -1));
  return [...packages]
    .filter((name) => !words.has(name) && !families.some((family) => name.startsWith(family)))
    .map(
      (name) => `ARCHITECTURE.md does not name ${name}: say there what it is for, and why it and no other`,
    );
}
