/** The step rows of a job that its next windows need: each step is read once, though windows overlap. */
import type { StepRow } from "@lockstep/analysis/fold/step-row";
import { fromStored } from "@lockstep/analysis/fold/stored-step-row";
import { collectiveRows } from "@lockstep/schemas/queries/collective-rows";
import type { Store } from "@lockstep/store/client";
import type { WindowPlan } from "./plan-windows.ts";

/** Of one query: what is read at once is parsed at once, and nothing else runs meanwhile. */
const rowsAtOnce = 40_000;

type Reader = Pick<Store, "read">;

export class WindowRows {
  readonly #job: string;
  readonly #steps = new Map<number, readonly StepRow[]>();
  /** Strings repeat from row to row. */
  readonly #strings = new Map<string, string>();

  constructor(job: string) {
    this.#job = job;
  }

  /** `rowsInStep`: as counted before, an upper bound. */
  async read(
    store: Reader,
    plan: WindowPlan,
    rowsInStep: (step: number) => number,
    signal: AbortSignal,
  ): Promise<StepRow[]> {
    const missing = plan.read.filter((step) => !this.#steps.has(step));
    for (const range of ranges(missing, rowsInStep)) {
      const { first, last } = range;
      const query = collectiveRows({ job: this.#job, firstStep: first, lastStep: last, sinceMs: plan.sinceMs });
      const rows = await store.read(query, { signal });
      for (let step = first; step <= last; step++) this.#steps.set(step, []);
      for (const stored of rows) (this.#steps.get(stored.step) as StepRow[]).push(this.#row(fromStored(stored)));
    }
    const rows: StepRow[] = [];
    for (const step of plan.read) for (const row of this.#steps.get(step) ?? []) rows.push(row);
    return rows;
  }

  /** Forgets steps that none of the windows to come needs. */
  keep(steps: ReadonlySet<number>): void {
    for (const step of this.#steps.keys()) if (!steps.has(step)) this.#steps.delete(step);
    if (this.#steps.size === 0) this.#strings.clear();
  }

  #row(row: StepRow): StepRow {
    return {
      ...row,
      job: this.#job,
      communicator: this.#once(row.communicator),
      collective: this.#once(row.collective),
      process: this.#once(row.process),
      node: row.node === undefined ? undefined : this.#once(row.node),
    };
  }

  #once(text: string): string {
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    this.#strings.set(text, text);
    return text;
  }
}

/** Steps that follow each other, as many as fit into one query; one at least. */
function* ranges(steps: readonly number[], rowsInStep: (step: number) => number) {
  let first: number | undefined;
  let last = 0;
  let rows = 0;
  for (const step of steps) {
    const more = rowsInStep(step);
    if (first !== undefined && (step !== last + 1 || rows + more > rowsAtOnce)) {
      yield { first, last };
      first = undefined;
    }
    if (first === undefined) rows = 0;
    first ??= step;
    last = step;
    rows += more;
  }
  if (first !== undefined) yield { first, last };
}
