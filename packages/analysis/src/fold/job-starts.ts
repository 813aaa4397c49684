/** Several starts of one job in the same files: told apart, since each counts its steps from the beginning. */
import { DisjointSets } from "../stats/disjoint-sets.ts";
import type { StepRow } from "./step-row.ts";

/** Clocks of nodes differ; one start ends so much before the next one begins at the least. Microseconds. */
const apartUs = 2e6;

/**
 * Rows by start, in the order of time. Processes that share a communicator are of one start; so are those that were there at the
 * same time, since traces need not show every communicator. What is not dated is taken to be one.
 */
export function jobStarts(rows: readonly StepRow[]): StepRow[][] {
  const numbers = new Map<string, number>();
  const numberOf = (name: string) => {
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    return number;
  };
  const linked = rows.map(
    (row) => [numberOf(`p ${row.process} ${row.run}`), numberOf(`c ${row.communicator} ${row.run}`)] as const,
  );
  const sets = new DisjointSets(numbers.size);
  for (const [process, communicator] of linked) sets.join(process, communicator);
  const spans = new Map<number, Span>();
  for (const [at, row] of rows.entries()) {
    const set = sets.find(linked[at]![0]);
    const span = spans.get(set) ?? { rows: [], began: Number.NaN, ended: Number.NaN };
    spans.set(set, span);
    span.rows.push(row);
    if (row.began !== undefined && !(row.began >= span.began)) span.began = row.began;
    if (row.ended !== undefined && !(row.ended <= span.ended)) span.ended = row.ended;
  }
  const all = [...spans.values()];
  if (all.some(({ began, ended }) => Number.isNaN(began) || Number.isNaN(ended))) return byRun(rows);
  all.sort((a, b) => a.began - b.began);
  const starts: Span[] = [];
  for (const span of all) {
    const last = starts.at(-1);
    if (last === undefined || span.began >= last.ended + apartUs) starts.push(span);
    else {
      for (const row of span.rows) last.rows.push(row);
      last.ended = Math.max(last.ended, span.ended);
    }
  }
  return starts.map((start) => start.rows);
}

type Span = { readonly rows: StepRow[]; began: number; ended: number };

/** Processes that begin again do so together. */
function byRun(rows: readonly StepRow[]): StepRow[][] {
  const runs = Map.groupBy(rows, ({ run }) => run);
  return [...runs.keys()].sort((a, b) => a - b).map((run) => runs.get(run)!);
}
