/** The folds of the processes whose operations one file tells: of NCCL Inspector one, of JSON lines any number. */
import type { StepRow } from "@lockstep/analysis/fold/step-row";
import type { Operation } from "@lockstep/schemas/domain/operation";

/** Finds the steps of one process and makes rows of its operations, which come in their order. */
export type ProcessFold = {
  add(operation: Operation): void;
  /** Nothing follows for now: the steps that are not complete yet are as complete as they get. */
  flush(): void;
  /** For the fold that goes on behind what was added; same operations, same rows. */
  snapshot(): string;
  /** Why there are no steps yet. */
  notEnoughData(): string | undefined;
};

export type ProcessName = { readonly job: string; readonly process: string };

export type OpenFold = (of: ProcessName, onRow: (row: StepRow) => void, snapshot: string | undefined) => ProcessFold;

/** Of one file; beyond it the one that was silent for longest ends. */
const MAX_FOLDS = 4096;

export class ProcessFolds {
  readonly #open: OpenFold;
  readonly #onRow: (row: StepRow) => void;
  /** By job and process, in the order of their last operations. */
  readonly #folds = new Map<string, ProcessFold>();
  #job = "";
  #process = "";
  #last: ProcessFold | undefined;

  constructor(
    open: OpenFold,
    onRow: (row: StepRow) => void,
    snapshots: readonly [key: string, snapshot: string][] = [],
  ) {
    this.#open = open;
    this.#onRow = onRow;
    for (const [key, snapshot] of snapshots) this.#folds.set(key, open(nameOf(key), onRow, snapshot));
  }

  add(operation: Operation): void {
    // Nearly always the process is that of the operation before: then no key is made.
    if (this.#last === undefined || operation.process !== this.#process || operation.job !== this.#job) {
      this.#last = this.#foldOf(operation);
      this.#job = operation.job;
      this.#process = operation.process;
    }
    this.#last.add(operation);
  }

  flush(): void {
    for (const fold of this.#folds.values()) fold.flush();
  }

  *notEnoughData(): Generator<ProcessName & { readonly reason: string }> {
    for (const [key, fold] of this.#folds) {
      const reason = fold.notEnoughData();
      if (reason !== undefined) yield { ...nameOf(key), reason };
    }
  }

  snapshots(): [key: string, snapshot: string][] {
    return [...this.#folds].map(([key, fold]) => [key, fold.snapshot()]);
  }

  #foldOf({ job, process }: Operation): ProcessFold {
    const key = `${job}\0${process}`;
    const known = this.#folds.get(key);
    if (known === undefined && this.#folds.size >= MAX_FOLDS) {
      const [oldest, fold] = this.#folds.entries().next().value!;
      fold.flush();
      this.#folds.delete(oldest);
    }
    const fold = known ?? this.#open({ job, process }, this.#onRow, undefined);
    this.#folds.delete(key);
    this.#folds.set(key, fold);
    return fold;
  }
}

function nameOf(key: string): ProcessName {
  const end = key.indexOf("\0");
  return { job: key.slice(0, end), process: key.slice(end + 1) };
}
