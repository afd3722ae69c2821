import { type Command, Option } from 'commander';
import { stringify } from 'yaml';
import { printable } from '../observe/printable.ts';
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
  if (output === 'json') process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  // Through JSON, so that both hold the same.
  else if (output === 'yaml') process.stdout.write(stringify(JSON.parse(JSON.stringify(value))));
  else process.stdout.write(text());
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
