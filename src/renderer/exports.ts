/** What leaves the window: files and the clipboard. */

export type Cell = string | number | null;

/** A table as it is exported: heads, then rows of as many cells. */
export interface ExportTable {
  title: string;
  head: string[];
  rows: Cell[][];
}

/** RFC 4180; numbers are written in full. A cell that a spreadsheet would take for a formula is kept from being one. */
export function toCsv({ head, rows }: ExportTable): string {
  const cell = (value: Cell) => {
    if (value === null) return '';
    if (typeof value === 'number') return String(value);
    const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}

export function toMarkdown(tables: readonly ExportTable[]): string {
  const cell = (value: Cell) => (value === null ? '' : typeof value === 'number' ? String(Number(value.toPrecision(6))) : value.replaceAll('|', '\\|').replaceAll('\n', ' '));
  return tables
    .map(({ title, head, rows }) => [`## ${title}`, '', `| ${head.map(cell).join(' | ')} |`, `|${head.map((_, i) => (i ? '---:' : '---')).join('|')}|`, ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`), ''].join('\n'))
    .join('\n');
}

/** A table for a paper. */
export function toLatex({ title, head, rows }: ExportTable): string {
  const cell = (value: Cell) => (value === null ? '' : String(value).replace(/[&%$#_{}]/g, '\\$&').replaceAll('±', '$\\pm$').replaceAll('−', '$-$'));
  return [
    `% ${title}`, `\\begin{tabular}{l${'r'.repeat(head.length - 1)}}`, '\\hline', `${head.map(cell).join(' & ')} \\\\`, '\\hline',
    ...rows.map((row) => `${row.map(cell).join(' & ')} \\\\`), '\\hline', '\\end{tabular}', '',
  ].join('\n');
}

export function saveFile(name: string, content: string | Blob, type = 'text/plain;charset=utf-8'): void {
  save(name, URL.createObjectURL(typeof content === 'string' ? new Blob([content], { type }) : content), true);
}

/** Saves what a data URL holds, e.g. a chart's picture. */
export function saveUrl(name: string, url: string): void {
  save(name, url, false);
}

function save(name: string, url: string, revoke: boolean): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  if (revoke) setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
