/** All that the detectors keep while this watch leads. It is thrown away when the lead is lost: another watch goes on. */
import { windowHop } from "@lockstep/analysis/fold/window-from-operations";
import type { DriftFinding } from "@lockstep/schemas/domain/drift-finding";
import { MAX_DETAIL_JOBS, type WatchDetail, watchDetail } from "@lockstep/schemas/process/watch-detail";
import { clusterProcesses } from "@lockstep/schemas/queries/cluster-processes";
import type { Store } from "@lockstep/store/client";
import type { DriftWork } from "./drift/drift-work.ts";
import type { ModelBoard } from "./drift/model-board.ts";
import { type SettingsByModel, settingsOf } from "./drift/model-settings.ts";
import { ModelSources } from "./drift/model-sources.ts";
import { driftFindings } from "./findings/drift-finding-row.ts";
import { FindingBook } from "./findings/finding-book.ts";
import { AttributionKeeper } from "./gpus/attribution-task.ts";
import { XidKeeper } from "./gpus/xid-task.ts";
import { JobBook } from "./job-book.ts";
import { GpuInventory } from "./places/gpu-inventory.ts";
import type { PlaceFiles } from "./places/place-files.ts";
import type { WindowJudge } from "./straggler/window-judge.ts";
import type { VerdictBoard } from "./verdicts/verdict-board.ts";

export type DetectStore = Pick<Store, "read" | "insertRows">;

export class Detection {
  readonly store: DetectStore;
  readonly files: PlaceFiles;
  readonly book: FindingBook;
  readonly jobs = new JobBook();
  readonly board: VerdictBoard;
  readonly judge: WindowJudge;
  readonly attribution: AttributionKeeper;
  readonly xids: XidKeeper;
  readonly drift: DriftWork;
  readonly models: ModelBoard;
  readonly modelFindings: FindingBook<DriftFinding>;
  readonly sources = new ModelSources();
  /** Replaced with each look at the GPUs' labels. */
  inventory = new GpuInventory();
  /** By job: which dumps were judged last, and what they do not tell. */
  readonly judgedDumps = new Map<string, { readonly mark: string; readonly reason: string | undefined }>();
  /** When slow jobs were looked for last. */
  lookedFarMs = Number.NEGATIVE_INFINITY;
  readonly #ended = new AbortController();
  readonly #atStart: ReadonlyMap<string, number>;
  #resuming: Promise<void> | undefined;
  #judgedBefore: ReadonlyMap<string, number> | undefined;

  /** `atStart`: of `judgedBefore`, read before this process wrote its first heartbeat. */
  constructor(options: {
    store: DetectStore;
    files: PlaceFiles;
    board: VerdictBoard;
    judge: WindowJudge;
    drift: DriftWork;
    models: ModelBoard;
    atStart: ReadonlyMap<string, number>;
  }) {
    const { store, files, board, judge, drift, models, atStart } = options;
    this.judge = judge;
    this.drift = drift;
    this.models = models;
    this.modelFindings = new FindingBook(store, driftFindings);
    this.store = store;
    this.#atStart = atStart;
    this.files = files;
    this.board = board;
    this.book = FindingBook.ofJobs(store);
    this.attribution = new AttributionKeeper(store);
    this.xids = new XidKeeper(store);
  }

  /** Aborts when the lead is lost. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  end(): void {
    this.#ended.abort();
    for (const { name } of this.jobs.all) this.judge.forget(name);
    this.drift.forget();
  }

  /** Whether every source of models that the configuration names was looked at. */
  async modelsAreKnown(): Promise<boolean> {
    const sources = await this.files.models();
    return sources.every((source) => source.model !== undefined || this.sources.found.has(source));
  }

  /** How each model is judged that the configuration names, or that was found by a label that it names. */
  async modelSettings(): Promise<SettingsByModel> {
    return settingsOf(await this.files.models(), this.sources.found);
  }

  /** By job: first step of the window to judge next, as the watch before told it. */
  get judgedBefore(): ReadonlyMap<string, number> {
    return this.#judgedBefore ?? new Map();
  }

  /** What the heartbeat tells of it. */
  detail(): Omit<WatchDetail, "leads"> {
    const newest = this.jobs.all.sort((a, b) => b.now.lastAt - a.now.lastAt).slice(0, MAX_DETAIL_JOBS);
    return {
      jobs: newest.map(({ name, nextFirst, judgedAt, windowSteps, stragglerReason, hangReason, progress }) => ({
        job: name,
        judgedStep: nextFirst === undefined ? null : nextFirst - windowHop,
        judgedAt: judgedAt ?? null,
        windowSteps,
        notEnoughData: [stragglerReason, hangReason].filter((reason) => reason !== undefined),
        progress,
      })),
      models: this.models.detail(),
      fileProblems: this.files.problems,
    };
  }

  /** Once, whichever task comes first: what was open and how far it was judged. Tried again where it failed. */
  resume(nowMs: number): Promise<void> {
    this.#resuming ??= this.#resume(nowMs).catch((error: unknown) => {
      this.#resuming = undefined;
      throw error;
    });
    return this.#resuming;
  }

  async #resume(nowMs: number): Promise<void> {
    await this.book.takeUp(nowMs, this.ended);
    this.#judgedBefore = new Map([...this.#atStart, ...(await judgedBefore(this.store, this.ended))]);
  }
}

/** How far the watches before judged each job, as their heartbeats tell. */
export async function judgedBefore(store: DetectStore, signal: AbortSignal): Promise<Map<string, number>> {
  const rows = await store.read(clusterProcesses(), { signal });
  const watches = rows.filter(({ process }) => process === "watch").sort((a, b) => a.updated - b.updated);
  const judged = new Map<string, number>();
  for (const { detail } of watches)
    for (const { job, judgedStep } of detailOf(detail))
      if (judgedStep !== null) judged.set(job, judgedStep + windowHop);
  return judged;
}

function detailOf(text: string) {
  try {
    const parsed = watchDetail.safeParse(JSON.parse(text));
    // Of a release that told it otherwise: windows are judged once more, which opens nothing twice.
    return parsed.success ? (parsed.data.jobs ?? []) : [];
  } catch {
    return [];
  }
}
