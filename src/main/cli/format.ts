/** Tables for a terminal. */
import Table from 'cli-table3';

export * from '../../shared/format.ts';

/** A table without frills; every column but the first is aligned right when `numeric` says so. */
export function renderTable(head: string[], rows: string[][], numeric: boolean[] = []): string {
  const table = new Table({
    head,
    colAligns: head.map((_, column) => (numeric[column] ? 'right' : 'left')),
    // Colours are for terminals; a file gets the bare table.
    style: process.stdout.isTTY ? { head: ['bold'], border: ['dim'], compact: true } : { head: [], border: [], compact: true },
  });
  table.push(...rows);
  return table.toString();
}
