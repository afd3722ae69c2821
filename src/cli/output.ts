import { type Command, Option } from 'commander';
import { Document, visit } from 'yaml';
import { hasUnprintable, printable, spelledOut } from '../observe/printable.ts';
import { table } from './table.ts';

export interface OutputFlags {
  readonly output: 'table' | 'json' | 'yaml';
}

export function outputOption(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'format').choices(['table', 'json', 'yaml']).default('table'),
  );
}

/** How a list is shown: JSON or YAML for programs, for people a table, or a sentence where nothing is in it. */
export interface Listing<Item> {
  readonly columns: Readonly<Record<string, (item: Item) => string | number | undefined>>;
  readonly nothing: string;
}

export function showList<Item>(items: readonly Item[], flags: OutputFlags, listing: Listing<Item>): void {
  show(items, flags, () => tableOf(items, listing));
}

/** A value as the flags want it; `text` makes what people read. */
export function show(value: unknown, { output }: OutputFlags, text: () => string): void {
  if (output === 'json') process.stdout.write(asJson(value));
  else if (output === 'yaml') process.stdout.write(asYaml(value));
  else process.stdout.write(text());
}

/** JSON that a terminal shows as it is: what would move its cursor or turn the text is escaped (RFC 8259, section 7). */
export function asJson(value: unknown): string {
  return `${linewise(JSON.stringify(value, null, 2), (line) => spelledOut(line, 'surrogates'))}\n`;
}

/** The same as YAML. Only in double quotes can a character be escaped there (YAML 1.2.2, 7.3.1). */
export function asYaml(value: unknown): string {
  // Through JSON, so that both hold the same.
  const document = new Document(JSON.parse(JSON.stringify(value)));
  visit(document, {
    Scalar: (_, scalar) => {
      if (typeof scalar.value === 'string' && hasUnprintable(scalar.value)) scalar.type = 'QUOTE_DOUBLE';
    },
  });
  return linewise(document.toString({ lineWidth: 0 }), (line) => spelledOut(line, 'code point'));
}

function linewise(text: string, change: (line: string) => string): string {
  return text.split('\n').map(change).join('\n');
}

export function tableOf<Item>(items: readonly Item[], { columns, nothing }: Listing<Item>): string {
  if (items.length === 0) return `${nothing}\n`;
  const cells = Object.entries(columns);
  const rows = items.map((item) => cells.map(([, cell]) => printable(String(cell(item) ?? ''))));
  return table(
    cells.map(([name]) => name),
    rows,
  );
}
