/**
 * Folds the operations of one process into rows of steps. Of the streams that repeat, one with the fewest operations is the
 * anchor, and what is done up to its last operation in a period is a step. Its number is told by sequence numbers alone, so
 * that all ranks number it alike without synchronised clocks and without a word between them: each stream has done its
 * sequence number over its operations per step, and as evaluations and warm-ups only add to that, the least is the step.
 */
import type { Operation } from "@lockstep/schemas/domain/operation";
import { cutOf } from "./cut.ts";
import { findPeriod, hasRareWork, isWork } from "./find-period.ts";
import { type FolderSnapshot, snapshotVersion } from "./folder-snapshot.ts";
import { historyOf } from "./history.ts";
import { OperationStream } from "./operation-stream.ts";
import { type Boundary, BoundaryWatch } from "./step-boundary.ts";
import type { StepRow } from "./step-row.ts";
import { type Slice, stepRows } from "./step-rows.ts";
import { StreamTable } from "./stream-table.ts";

/** Operations that wait for their step, at most: 40 bytes each, so 2.6 MB of a process. The oldest are dropped beyond. */
export const maxPending = 65_536;

/** Repetitions that make a period: when no more is to come, when much was heard, and at once. */
const fewestRepeats = 3;
const enoughRepeats = 4;
const sureRepeats = 20;
/** Much: a micro-batch repeats too, and only its step shows that it is none. */
const enoughOperations = 8192;
const enoughUs = 60e6;
/** Of sure repeats, where dated: several dumps of a reader that gives one communicator after the other. */
const sureUs = 10e6;
const firstAttempt = 64;
/** Steps that wait for operations of another communicator, which readers may give a whole dump interval later. */
const maxOpenSteps = 256;
const maxWaitUs = 60e6;
/** Odd steps in a row after which the job does something else: longer than an evaluation. */
const oddToRelearn = 200;
/** Steps in which a stream outside the period has to come to ask for a longer one. */
const strayStepsToRelearn = 4;
const minStrayBytes = 65_536;

export type FolderStatus = {
  readonly learning: boolean;
  /** Why there are no steps yet: what to wait for or to set. */
  readonly notEnoughData: string | undefined;
  readonly run: number;
  /** Operations of a step; undefined while it is not known. */
  readonly operationsPerStep: number | undefined;
  readonly pending: number;
  /** Operations heard again or after their step was given away, and those dropped for want of room. */
  readonly late: number;
  readonly dropped: number;
};

export type ProcessFolderOptions = {
  readonly job: string;
  readonly process: string;
  /** Rows come step by step; those of one step together. */
  readonly onRow: (row: StepRow) => void;
};

export class ProcessFolder {
  readonly #options: ProcessFolderOptions;
  #table = new StreamTable();
  #anchor: OperationStream | undefined = undefined;
  #anchorKey = "";
  #watch: BoundaryWatch | undefined = undefined;
  #boundaries: Boundary[] = [];
  #blockedBy: OperationStream | undefined = undefined;
  #dated = false;
  #datedCount = 0;
  #arrivals = 0;
  #nextAttempt = firstAttempt;
  #run = 0;
  #lastStep = -1;
  #prolonged = false;
  #left = Number.NaN;
  #ended = Number.NaN;
  #newestStart = Number.NaN;
  #oddInRow = 0;
  #late = 0;
  #dropped = 0;
  #droppedSinceBoundary = 0;
  #strays = new Map<OperationStream, number>();

  constructor(options: ProcessFolderOptions) {
    this.#options = options;
  }

  /** One operation; `onRow` may be called before it returns. */
  push(operation: Operation): void {
    let stream = this.#table.of(operation);
    if (isRestart(stream, operation)) {
      this.#beginAgain();
      stream = this.#table.of(operation);
    }
    if (!stream.push(operation, this.#arrivals)) {
      this.#late++;
      return;
    }
    this.#arrivals++;
    if (operation.startUs !== undefined) {
      this.#datedCount++;
      if (!(operation.startUs <= this.#newestStart)) this.#newestStart = operation.startUs;
    }
    if (this.#anchor === undefined) {
      if (++this.#table.pending >= this.#nextAttempt) this.#learn(false);
      return;
    }
    this.#table.pending++;
    if (stream === this.#anchor) {
      this.#heardAnchor(operation.seq, operation.startUs, operation.execUs, this.#arrivals - 1);
      this.#close(false);
    } else if (stream === this.#blockedBy) {
      this.#close(false);
    }
    if (this.#table.pending > maxPending) this.#makeRoom();
  }

  /** Nothing more comes for now (the end of the files): gives the steps that are whole, with whatever was heard of them. */
  flush(): void {
    if (this.#anchor === undefined) this.#learn(true);
    else this.#close(true);
  }

  get status(): FolderStatus {
    const { pending } = this.#table;
    const learning = this.#anchor === undefined;
    const perStep = this.#table.streams.reduce((sum, { rhythm }) => sum + (rhythm?.count ?? 0), 0);
    return {
      learning,
      notEnoughData: learning ? this.#reason() : undefined,
      run: this.#run,
      operationsPerStep: learning ? undefined : perStep,
      pending,
      late: this.#late,
      dropped: this.#dropped,
    };
  }

  snapshot(): FolderSnapshot {
    const { job, process } = this.#options;
    return {
      version: snapshotVersion,
      job,
      process,
      streams: this.#table.streams.map((stream) => stream.snapshot()),
      anchor: this.#anchor === undefined ? -1 : this.#table.streams.indexOf(this.#anchor),
      anchorKey: this.#anchorKey,
      watch: this.#watch?.state,
      boundaries: this.#boundaries.map(({ step, at, ended }) => ({ step, at, ended: nullable(ended) })),
      dated: this.#dated,
      datedCount: this.#datedCount,
      arrivals: this.#arrivals,
      nextAttempt: this.#nextAttempt,
      run: this.#run,
      lastStep: this.#lastStep,
      prolonged: this.#prolonged,
      left: nullable(this.#left),
      ended: nullable(this.#ended),
      newestStart: nullable(this.#newestStart),
      oddInRow: this.#oddInRow,
      late: this.#late,
      dropped: this.#dropped,
      droppedSinceBoundary: this.#droppedSinceBoundary,
      strays: this.#table.streams.map((stream) => this.#strays.get(stream) ?? 0),
    };
  }

  /**
   * Goes on exactly where `snapshot` was taken; operations heard since then are to be pushed again. Throws a RangeError for a
   * snapshot of another version of the program: its numbers may mean something else.
   */
  static restore(snapshot: FolderSnapshot, onRow: (row: StepRow) => void): ProcessFolder {
    const { version }: { readonly version: unknown } = snapshot;
    if (version !== snapshotVersion) {
      throw new RangeError(
        `snapshot of process ${snapshot.process} of job ${snapshot.job}: version ${String(version)} found, ${snapshotVersion} expected: fold its operations from the beginning`,
      );
    }
    const folder = new ProcessFolder({ job: snapshot.job, process: snapshot.process, onRow });
    for (const stream of snapshot.streams) folder.#table.add(OperationStream.restore(stream));
    const { streams } = folder.#table;
    folder.#anchor = streams[snapshot.anchor];
    folder.#anchorKey = snapshot.anchorKey;
    if (snapshot.watch !== undefined && folder.#anchor?.rhythm !== undefined) {
      const { advance, count } = folder.#anchor.rhythm;
      folder.#watch = new BoundaryWatch(advance, count, snapshot.watch);
    }
    folder.#boundaries = snapshot.boundaries.map(({ step, at, ended }) => ({ step, at, ended: ended ?? Number.NaN }));
    folder.#dated = snapshot.dated;
    folder.#datedCount = snapshot.datedCount;
    folder.#arrivals = snapshot.arrivals;
    folder.#nextAttempt = snapshot.nextAttempt;
    folder.#run = snapshot.run;
    folder.#lastStep = snapshot.lastStep;
    folder.#prolonged = snapshot.prolonged;
    folder.#left = snapshot.left ?? Number.NaN;
    folder.#ended = snapshot.ended ?? Number.NaN;
    folder.#newestStart = snapshot.newestStart ?? Number.NaN;
    folder.#oddInRow = snapshot.oddInRow;
    folder.#late = snapshot.late;
    folder.#dropped = snapshot.dropped;
    folder.#droppedSinceBoundary = snapshot.droppedSinceBoundary;
    for (const [index, steps] of snapshot.strays.entries()) if (steps > 0) folder.#strays.set(streams[index]!, steps);
    folder.#close(false);
    return folder;
  }

  #reason(): string {
    const { pending, streams } = this.#table;
    if (pending < firstAttempt)
      return `${pending} operations heard, the step is looked for from ${firstAttempt} on: wait for more`;
    const undated = this.#datedCount * 2 < this.#arrivals && streams.length > 1;
    const advice = undated
      ? "they are not dated, so the order between communicators is not known: set NCCL_INSPECTOR_DUMP_VERBOSE=1"
      : "wait for more steps";
    return `no period found in ${pending} operations of ${streams.length} streams: ${advice}`;
  }

  #learn(final: boolean): void {
    const { streams, pending } = this.#table;
    this.#nextAttempt = Math.max(firstAttempt, Math.ceil(pending * 1.5));
    this.#dated = this.#datedCount * 2 > this.#arrivals;
    const history = historyOf(streams, this.#dated);
    const period = findPeriod(history, final ? fewestRepeats : enoughRepeats);
    const much = pending >= enoughOperations || history.spanUs >= enoughUs;
    const sure = period !== undefined && period.repeats >= sureRepeats && history.spanUs >= sureUs;
    const ripe = final ? period !== undefined && period.repeats >= sureRepeats : pending >= maxPending;
    if (period === undefined || !(final || much || sure) || (!ripe && hasRareWork(history, enoughRepeats))) {
      if (pending >= maxPending) this.#makeRoom();
      return;
    }
    for (const [i, stream] of streams.entries()) stream.rhythm = period.rhythms[i];
    this.#fold(streams[period.anchor]!);
    this.#close(final);
  }

  /** From now on steps are counted by `anchor`; what is pending has its boundaries made up for. */
  #fold(anchor: OperationStream): void {
    const { advance, count } = anchor.rhythm!;
    const { communicator, collective, peer } = anchor.identity;
    const key = `${communicator} ${collective} ${peer} ${advance}`;
    if (this.#anchorKey !== "" && this.#anchorKey !== key) this.#newRun();
    this.#anchorKey = key;
    this.#anchor = anchor;
    this.#watch = new BoundaryWatch(advance, count);
    this.#oddInRow = 0;
    this.#strays.clear();
    for (let place = anchor.head; place < anchor.end; place++) {
      const start = anchor.start[place]!;
      this.#heardAnchor(anchor.seq[place]!, start, anchor.exec[place]!, anchor.arrival[place]!);
    }
  }

  #heardAnchor(seq: number, startUs: number | undefined, execUs: number, arrival: number): void {
    const start = startUs ?? Number.NaN;
    this.#watch!.heard(seq, this.#dated ? start : arrival, start + execUs, this.#onBoundary);
  }

  readonly #onBoundary = (boundary: Boundary): void => {
    this.#boundaries.push(boundary);
  };

  /** Gives away the steps of which everything was heard; all that have ended where `final`. */
  #close(final: boolean): void {
    while (this.#boundaries.length > 0) {
      const boundary = this.#boundaries[0]!;
      this.#blockedBy = final ? undefined : this.#table.streams.find((stream) => !this.#isThrough(stream, boundary));
      if (this.#blockedBy !== undefined && !this.#waitedEnough(boundary)) return;
      this.#boundaries.shift();
      this.#give(boundary);
      if (this.#anchor === undefined) return;
    }
    this.#blockedBy = undefined;
  }

  #isThrough(stream: OperationStream, boundary: Boundary): boolean {
    const { rhythm } = stream;
    if (rhythm === undefined || stream === this.#anchor) return true;
    if (stream.lastSeq + 1 >= rhythm.phase + rhythm.advance * (boundary.step + 1)) return true;
    if (this.#dated) return stream.lastStart > boundary.at;
    return stream.end > stream.head && stream.arrival[stream.end - 1]! > boundary.at;
  }

  #waitedEnough(boundary: Boundary): boolean {
    if (this.#boundaries.length > (this.#dated ? maxOpenSteps : 1) || this.#table.pending > maxPending) return true;
    return this.#dated && this.#newestStart - boundary.at > maxWaitUs;
  }

  #give(boundary: Boundary): void {
    const slices: Slice[] = [];
    const next: number[] = [];
    let odd = this.#droppedSinceBoundary > 0 || this.#prolonged;
    let done = Number.POSITIVE_INFINITY;
    for (const stream of this.#table.streams) {
      const cut = cutOf(stream, boundary, this.#dated ? stream.start : stream.arrival);
      if (cut.odd) odd = true;
      if (stream.rhythm !== undefined) done = Math.min(done, Math.ceil(cut.seq / stream.rhythm.advance));
      slices.push({ stream, from: stream.head, to: cut.to });
      next.push(cut.seq);
    }
    const step = done - 1;
    // Some stream has not done a step's work since: an evaluation in which the anchor takes part, to be told with what follows.
    this.#prolonged = step <= this.#lastStep;
    if (this.#prolonged) return;
    const { job, process, onRow } = this.#options;
    const { ended } = boundary;
    const endedBefore = step === this.#lastStep + 1 ? this.#ended : Number.NaN;
    const folded = { job, process, step, run: this.#run, odd, slices, leftBefore: this.#left, endedBefore, ended };
    this.#left = stepRows(folded, onRow);
    this.#ended = ended;
    this.#lastStep = step;
    this.#droppedSinceBoundary = 0;
    for (const [index, { stream, from, to }] of slices.entries()) {
      this.#table.pending -= to - from;
      stream.cutTo(to, next[index]!);
      if (to > from && stream.rhythm === undefined) this.#heardStray(stream);
    }
    this.#oddInRow = odd ? this.#oddInRow + 1 : 0;
    if (this.#oddInRow >= oddToRelearn) this.#relearn();
  }

  /** A stream outside the period that does real work: gradients after many micro-batches that were taken for steps. */
  #heardStray(stream: OperationStream): void {
    const steps = (this.#strays.get(stream) ?? 0) + 1;
    this.#strays.set(stream, steps);
    if (steps < strayStepsToRelearn || stream.triedAlone || !isWork(stream, Number.NaN)) return;
    if (stream.lastBytes < minStrayBytes) return;
    stream.triedAlone = true;
    this.#relearn();
  }

  #relearn(): void {
    this.#anchor = undefined;
    this.#watch = undefined;
    this.#blockedBy = undefined;
    this.#boundaries = [];
    this.#prolonged = false;
    for (const stream of this.#table.streams) stream.rhythm = undefined;
    this.#nextAttempt = Math.max(firstAttempt, Math.ceil(this.#table.pending * 1.5));
  }

  /** Too much waits: for an anchor that comes no more, or for a period that is not there. */
  #makeRoom(): void {
    if (this.#anchor !== undefined) {
      this.#close(false);
      if (this.#table.pending <= maxPending) return;
      if (this.#table.isSilent(this.#arrivals - maxPending / 2)) this.#relearn();
    }
    const dropped = this.#table.dropOlderHalf();
    this.#dropped += dropped;
    this.#droppedSinceBoundary += dropped;
    this.#nextAttempt = Math.max(firstAttempt, Math.ceil(this.#table.pending * 1.5));
  }

  /** The process counts from the beginning: another process under the same name. */
  #beginAgain(): void {
    this.flush();
    this.#table = new StreamTable();
    this.#relearn();
    this.#anchorKey = "";
    this.#datedCount = 0;
    this.#arrivals = 0;
    this.#newestStart = Number.NaN;
    this.#newRun();
  }

  #newRun(): void {
    this.#run++;
    this.#lastStep = -1;
    this.#prolonged = false;
    this.#left = Number.NaN;
    this.#ended = Number.NaN;
  }
}

/** NCCL Inspector's ring: what comes again from further back was not lost on the way. */
const ring = 1024;
/** No job begins again sooner; less is two clocks that date the operations of one stream. */
const restartUs = 1e6;

function isRestart({ lastSeq, lastStart }: OperationStream, { seq, startUs }: Operation): boolean {
  if (seq > lastSeq) return false;
  if (startUs !== undefined && !Number.isNaN(lastStart)) return startUs > lastStart + restartUs;
  return seq < lastSeq - ring || (seq === 0 && lastSeq > 1);
}

function nullable(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
