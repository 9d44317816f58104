// How the commands print: an aligned table for people, JSON for programs (`-o json`), errors as one sentence.
// Protects: widths are counted in terminal columns, so Chinese and emoji names do not shift a table.

import stringWidth from 'string-width';

export type OutputFormat = 'table' | 'json';

/** One column: its title and the value of a row. */
export interface Column<Row> {
  readonly title: string;
  readonly align?: 'left' | 'right';
  value(row: Row): string | number;
}

/** Rows under their titles, two spaces between columns, no trailing blanks; the titles alone when there are no rows. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map((column) => String(column.value(row)))),
  ];
  const widths = columns.map((_column, index) =>
    Math.max(...cells.map((line) => stringWidth(line[index] ?? ''))),
  );
  const lines = cells.map((line) =>
    line
      .map((cell, index) => {
        const blanks = ' '.repeat((widths[index] ?? 0) - stringWidth(cell));
        return columns[index]?.align === 'right' ? blanks + cell : cell + blanks;
      })
      .join('  ')
      .trimEnd(),
  );
  return lines.join('\n');
}

/** Writes one line (or block) to standard output. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Prints `value` as indented JSON. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, undefined, 2));
}

/** Prints rows in the format asked for. */
export function printRows<Row>(
  format: OutputFormat,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): void {
  if (format === 'json') printJson(rows);
  else print(formatTable(columns, rows));
}

/** A failure the user can act on: its message is printed after `drave: `, without a stack. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(
    message: string,
    options: { readonly exitCode?: number; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'CommandError';
    this.exitCode = options.exitCode ?? 1;
  }
}
