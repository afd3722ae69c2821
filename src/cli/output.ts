import { type Command, Option } from 'commander';
import { printable } from '../observe/printable.ts';
import { table } from './table.ts';

export interface OutputFlags {
  readonly output: 'table' | 'json';
}

export function outputOption(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'format').choices(['table', 'json']).default('table'),
  );
}

/** How a list is shown: JSON for programs, for people a table, or a sentence where there is nothing in it. */
export interface Listing<Item> {
  readonly columns: Readonly<Record<string, (item: Item) => string | number | undefined>>;
  readonly nothing: string;
}

export function showList<Item>(
  items: readonly Item[],
  { output }: OutputFlags,
  listing: Listing<Item>,
): void {
  if (output === 'json') {
    process.stdout.write(`${JSON.stringify(items, null, 2)}\n`);
    return;
  }
  const columns = Object.entries(listing.columns);
  const rows = items.map((item) => columns.map(([, cell]) => printable(String(cell(item) ?? ''))));
  process.stdout.write(
    rows.length === 0
      ? `${listing.nothing}\n`
      : table(
          columns.map(([name]) => name),
          rows,
        ),
  );
}
