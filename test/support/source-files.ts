import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import ts from 'typescript';

/** One `import`, `export … from`, `import()` or `import('…').Type` of a source file. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** The names taken from a module, as the module calls them; none for the whole of it. */
  readonly names: readonly string[];
  /** Whether it is gone once types are stripped. */
  readonly typeOnly: boolean;
}

/** A use of the clock, of chance or of the process that no import shows. */
export interface AmbientUse {
  readonly what: string;
  readonly line: number;
}

/** What the architecture's rules look at in a file of src/. */
export interface SourceFile {
  /** From src/, with slashes: `wire/frame.ts`. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly ambient: readonly AmbientUse[];
}

/** @returns every .ts file below a folder, in the order of their paths. */
export function readSourceTree(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => readSource(path.split(sep).join('/'), readFileSync(join(folder, path), 'utf8')));
}

/** Reads one file's text. Comments and strings that look like imports are none, because TypeScript parses it. */
export function readSource(path: string, text: string): SourceFile {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const imports: Import[] = [];
  const ambient: AmbientUse[] = [];
  const visit = (node: ts.Node): void => {
    const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
    const found = importOf(node);
    if (found !== undefined) imports.push({ ...found, line });
    const what = ambientUse(node);
    if (what !== undefined) ambient.push({ what, line });
    ts.forEachChild(node, visit);
  };
  visit(tree);
  const lines = text === '' ? 0 : text.replace(/\n$/, '').split('\n').length;
  return { path, lines, imports, ambient };
}

function importOf(node: ts.Node): Omit<Import, 'line'> | undefined {
  if (ts.isImportDeclaration(node)) {
    const clause = node.importClause;
    const bindings = clause?.namedBindings;
    const elements = bindings !== undefined && ts.isNamedImports(bindings) ? bindings.elements : undefined;
    return {
      specifier: literal(node.moduleSpecifier),
      names: elements?.map(({ name, propertyName }) => (propertyName ?? name).text) ?? [],
      typeOnly:
        clause?.phaseModifier === ts.SyntaxKind.TypeKeyword ||
        (clause?.name === undefined &&
          elements?.length !== 0 &&
          elements?.every((one) => one.isTypeOnly) === true),
    };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    return { specifier: literal(node.moduleSpecifier), names: [], typeOnly: node.isTypeOnly };
  }
  if (ts.isImportTypeNode(node)) {
    const { argument } = node;
    const specifier = ts.isLiteralTypeNode(argument) ? literal(argument.literal) : COMPUTED;
    return { specifier, names: [], typeOnly: true };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return { specifier: literal(node.arguments[0]), names: [], typeOnly: false };
  }
  return undefined;
}

/** Stands for the name of a module that is only known when the program runs. */
export const COMPUTED = '(computed)';

function literal(node: ts.Node | undefined): string {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : COMPUTED;
}

const AMBIENT_CALLS = new Set(['setTimeout', 'setInterval', 'setImmediate', 'fetch']);
const AMBIENT_OBJECTS = new Set(['process', 'performance', 'console', 'globalThis']);
const AMBIENT_MEMBERS = /^(Date\.now|Math\.random|(web)?crypto\.(random|getRandomValues).*)$/;

function ambientUse(node: ts.Node): string | undefined {
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
    return AMBIENT_CALLS.has(node.expression.text) ? `${node.expression.text}()` : undefined;
  }
  if (ts.isNewExpression(node) && ts.isIdentifier(node.expression)) {
    const withoutTime = node.expression.text === 'Date' && (node.arguments ?? []).length === 0;
    return withoutTime ? 'new Date()' : undefined;
  }
  if (!ts.isPropertyAccessExpression(node) || !ts.isIdentifier(node.expression)) return undefined;
  const member = `${node.expression.text}.${node.name.text}`;
  return AMBIENT_OBJECTS.has(node.expression.text) || AMBIENT_MEMBERS.test(member) ? member : undefined;
}
