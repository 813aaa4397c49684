/**
 * Tables of root-cause cases in PetShop's form. metrics.csv: three header rows (component, metric, statistic), a line that names
 * the index, then a row a moment: Unix seconds and a value a column, empty where there is none. graph.csv: who calls whom.
 */

export type MetricColumn = {
  readonly component: string;
  /** latency, requests, availability, ... */
  readonly metric: string;
  /** Average, Sum, p50, ... */
  readonly statistic: string;
  /** By moment; NaN where there is none. */
  readonly values: Float64Array;
};

export type MetricsTable = { readonly times: Float64Array; readonly columns: readonly MetricColumn[] };

export class RcaTableError extends Error {
  override name = "RcaTableError";
}

/** `file` names it in errors. */
export function parseMetricsTable(text: string, file: string): MetricsTable {
  const rows = csvRows(text);
  const [components = [], metrics = [], statistics = [], ...rest] = rows;
  if (rest.length === 0) {
    throw new RcaTableError(`${file}: found ${rows.length} rows, expected three of headers and then one a moment`);
  }
  // The line that names the index holds no number.
  const first = Number.isFinite(numberOf(rest[0]?.[0])) ? 0 : 1;
  const body = rest.slice(first);
  const times = Float64Array.from(body, (cells) => numberOf(cells[0]));
  const bad = times.findIndex((time) => !Number.isFinite(time));
  if (bad >= 0) {
    const line = bad + first + 4;
    throw new RcaTableError(
      `${file}:${line}: found ${JSON.stringify(body[bad]?.[0])}, expected the Unix time in seconds`,
    );
  }
  const columns = components.slice(1).map((component, index) => ({
    component,
    metric: metrics[index + 1] ?? "",
    statistic: statistics[index + 1] ?? "",
    values: Float64Array.from(body, (cells) => numberOf(cells[index + 1])),
  }));
  return { times, columns };
}

/** Callees by caller: a square matrix with names in the first row and the first column, not 0 where the row calls the column. */
export function parseCallGraph(text: string, file: string): Map<string, string[]> {
  const [header = [], ...rows] = csvRows(text);
  const names = header.slice(1);
  if (names.length === 0)
    throw new RcaTableError(`${file}: found no component in the first row, expected names from the second cell on`);
  const calls = new Map<string, string[]>();
  for (const [index, [caller = "", ...cells]] of rows.entries()) {
    if (cells.length !== names.length) {
      throw new RcaTableError(`${file}:${index + 2}: found ${cells.length} cells, expected ${names.length}`);
    }
    calls.set(
      caller,
      names.filter((_, place) => numberOf(cells[place]) > 0),
    );
  }
  return calls;
}

function numberOf(cell: string | undefined): number {
  return cell === undefined || cell.trim() === "" ? Number.NaN : Number(cell);
}

/** RFC 4180: quoted cells may hold commas, quotes (doubled) and line ends. Empty lines are no rows. */
function csvRows(text: string): string[][] {
  const rows: string[][] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y;
  let row: string[] = [];
  while (cell.lastIndex < text.length) {
    const at = cell.lastIndex;
    const match = cell.exec(text);
    if (match === null) throw new RcaTableError(`found an unfinished quote at character ${at}`);
    row.push(match[1] === undefined ? (match[2] ?? "") : match[1].replaceAll('""', '"'));
    if (match[3] === ",") {
      if (cell.lastIndex === text.length) row.push("");
      else continue;
    }
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  }
  return rows;
}
