/** Reads the windows of models and judges them; what it learnt of their past lasts until it is told to forget it. */
import type { DriftFinding } from "@lockstep/schemas/domain/drift-finding";
import { driftRecent } from "@lockstep/schemas/queries/drift-recent";
import { driftWindowCells } from "@lockstep/schemas/queries/drift-window-cells";
import type { WindowGrid } from "@lockstep/schemas/queries/drift-window-key";
import type { Store } from "@lockstep/store/client";
import { EpisodeTracks } from "./episode-track.ts";
import { findingOf } from "./finding-of.ts";
import { judgeVersion, type WindowBaseline } from "./judge-model-window.ts";
import { judgePerformances, performanceRow } from "./judge-performance.ts";
import { driftWindowRow, type JudgedFeature, type JudgedWindow } from "./judged-feature.ts";
import type { ModelPerformance } from "./model-board.ts";
import { gridOf, type ModelSettings, type SettingsByModel, settingsFor } from "./model-settings.ts";
import { type ModelWindow, modelWindows } from "./model-window.ts";
import { type ObserveAnswer, type ObserveRequest, WindowObserver } from "./observed/observe-window.ts";
import { readCells } from "./read-cells.ts";
import { type LearnUntil, StretchReader } from "./read-stretches.ts";
import { leastSeasonWindows, SeasonBook } from "./season-book.ts";
import { type SeriesOf, seriesOf } from "./series-of.ts";
import { subjectKey, subjectOf } from "./subject.ts";
import { TrainingBook } from "./training-book.ts";
import { VersionBook } from "./version-book.ts";
import { versionWaves, wavesOf } from "./waves.ts";
import { type DueWindow, WindowLedger } from "./window-ledger.ts";
import { saidOf, shownBy } from "./window-said.ts";

export type WorkStore = Pick<Store, "read" | "readBinary" | "insertRows" | "insertNative">;

export type OpenSubject = { readonly model: string; readonly key: string; readonly fromMs: number };

export type JudgeRequest = {
  readonly windows: readonly DueWindow[];
  readonly settings: SettingsByModel;
  /** What is open of these models. */
  readonly open: readonly OpenSubject[];
  readonly nowMs: number;
  /** Features of a window that may have series. */
  readonly maxSeries: number;
};

export type ToldChange =
  | { readonly kind: "shown"; readonly key: string; readonly fromMs: number; readonly finding: DriftFinding }
  | { readonly kind: "closed"; readonly key: string; readonly fromMs: number; readonly toMs: number };

export type ToldWindow = {
  readonly model: string;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly changes: readonly ToldChange[];
  readonly series: SeriesOf;
  readonly performances: readonly ModelPerformance[];
  /** Why some of it has no verdict. */
  readonly notEnough: readonly string[];
};

/** Plain values go in and out: it may be in a thread of its own. Every method rejects with a StoreError. */
export type DriftWork = {
  due(
    request: { readonly settings: SettingsByModel; readonly nowMs: number },
    signal: AbortSignal,
  ): Promise<DueWindow[]>;
  /** Oldest first. */
  judge(request: JudgeRequest, signal: AbortSignal): Promise<ToldWindow[]>;
  /** Makes rows of what was scraped of a source in a window. */
  observe(request: ObserveRequest, signal: AbortSignal): Promise<ObserveAnswer>;
  /** The lead is lost: another watch goes on. */
  forget(): void;
  close(): Promise<void>;
};

/** Before and after a window that is judged late: as many as persistence looks at. */
const around = 3;
const recentReachMs = 7 * 86_400_000;
const maxReasons = 3;
const forgetAfterMs = 2 * 3_600_000;

type State = {
  readonly ledger: WindowLedger;
  readonly training: TrainingBook;
  readonly season: SeasonBook;
  readonly versions: VersionBook;
  readonly tracks: Map<string, EpisodeTracks>;
  /** When each model was judged last. */
  readonly judgedMs: Map<string, number>;
};

function newState(): State {
  return {
    ledger: new WindowLedger(),
    training: new TrainingBook(),
    season: new SeasonBook(),
    versions: new VersionBook(),
    tracks: new Map(),
    judgedMs: new Map(),
  };
}

/** In this thread. */
export function createDriftWork(store: WorkStore): DriftWork {
  let state = newState();
  let observer = new WindowObserver(store);
  return {
    async due({ settings, nowMs }, signal) {
      const { ledger, training } = state;
      const grid = gridOf(settings);
      for (const model of await training.refresh(store, signal)) {
        training.forget(model);
        await ledger.again(store, grid, model, signal);
      }
      const due = await ledger.due(store, grid, nowMs, signal);
      forgetIdle(state, nowMs);
      return due.filter((window) => {
        if (!training.holds(window.model, window.sinceMs, window.untilMs)) return true;
        training.forget(window.model);
        ledger.done(window);
        return false;
      });
    },
    judge: (request, signal) => new Judging(store, state, request, signal).run(),
    observe: (request, signal) => observer.observe(request, signal),
    forget() {
      state = newState();
      observer = new WindowObserver(store);
    },
    async close() {
      state = newState();
    },
  };
}

function forgetIdle(state: State, nowMs: number): void {
  for (const [model, judgedMs] of state.judgedMs) {
    if (nowMs - judgedMs < forgetAfterMs) continue;
    state.judgedMs.delete(model);
    state.tracks.delete(model);
    state.training.forget(model);
    state.season.forget(model);
    state.versions.forget(model);
  }
}

/** One request. */
class Judging {
  readonly #store: WorkStore;
  readonly #state: State;
  readonly #request: JudgeRequest;
  readonly #signal: AbortSignal;
  readonly #grid: WindowGrid;
  readonly #reader: StretchReader;
  readonly #rewound = new Map<string, number>();

  constructor(store: WorkStore, state: State, request: JudgeRequest, signal: AbortSignal) {
    this.#store = store;
    this.#state = state;
    this.#request = request;
    this.#signal = signal;
    this.#grid = gridOf(request.settings);
    this.#reader = new StretchReader(store, this.#grid, signal);
  }

  async run(): Promise<ToldWindow[]> {
    const { windows } = this.#request;
    const told = await this.#judgeAll(windows);
    for (const window of windows) this.#state.ledger.done(window);
    const following = await this.#following();
    const again = following.length === 0 ? [] : await this.#judgeAll(following);
    // What was told of them before is told anew with the next window, from what is stored.
    for (const model of this.#rewound.keys()) this.#state.tracks.delete(model);
    return [...told, ...again].sort((a, b) => a.untilMs - b.untilMs);
  }

  async #judgeAll(due: readonly Pick<DueWindow, "model" | "sinceMs" | "untilMs">[]): Promise<ToldWindow[]> {
    const rows = await readCells(this.#store, driftWindowCells({ ...this.#grid, of: due }), this.#signal);
    const told: ToldWindow[] = [];
    for (const wave of wavesOf(modelWindows(rows))) {
      await this.#resume(wave);
      await this.#load(wave);
      const judged = wave.map((window) => this.#judge(window));
      this.#signal.throwIfAborted();
      await this.#write(judged);
      told.push(...judged.map((window) => this.#tell(window)));
    }
    return told;
  }

  /** Where a model's newest windows are not known, or the window is older than they are: by what is stored of it. */
  async #resume(wave: readonly ModelWindow[]): Promise<void> {
    const { tracks, ledger } = this.#state;
    const missing = wave.filter(({ model, sinceMs }) => sinceMs <= (tracks.get(model)?.lastMs ?? Infinity));
    if (missing.length === 0) return;
    const of = missing.map(({ model, sinceMs }) => ({ model, atMs: sinceMs }));
    const recent = driftRecent({ of, before: around, reachMs: recentReachMs });
    const rows = Map.groupBy(await this.#store.read(recent, { signal: this.#signal }), ({ model }) => model);
    for (const { model, sinceMs } of missing) {
      if (ledger.newest(model) > sinceMs) this.#rewound.set(model, sinceMs);
      const open = this.#request.open.filter((each) => each.model === model && each.fromMs < sinceMs);
      const fresh = new EpisodeTracks(open.map(({ key, fromMs }) => [key, fromMs]));
      for (const said of saidOf(rows.get(model) ?? [])) fresh.observe(said);
      tracks.set(model, fresh);
    }
  }

  /** Windows after one that was judged late: whether something persists is another question now. */
  async #following(): Promise<DueWindow[]> {
    const { nowMs, windows } = this.#request;
    const asked = new Set(windows.map(({ model, sinceMs }) => `${sinceMs} ${model}`));
    const following: DueWindow[] = [];
    for (const model of this.#rewound.keys()) {
      const lastMs = this.#state.tracks.get(model)?.lastMs ?? Infinity;
      const later = await this.#state.ledger.after(
        this.#store,
        this.#grid,
        { model, lastMs, limit: around },
        this.#signal,
      );
      for (const window of later)
        if (window.untilMs <= nowMs && !asked.has(`${window.sinceMs} ${model}`)) following.push(window);
    }
    return following.filter(({ model, sinceMs, untilMs }) => !this.#state.training.holds(model, sinceMs, untilMs));
  }

  async #load(wave: readonly ModelWindow[]): Promise<void> {
    const { training, season, versions } = this.#state;
    const { settings, nowMs } = this.#request;
    const with_ = (baseline: ModelSettings["baselines"][number]) =>
      wave.filter(({ model }) => settingsFor(settings, model).baselines.includes(baseline));
    const ofVersions = (windows: readonly ModelWindow[]) =>
      windows.flatMap(({ model, sinceMs, versions: own }) =>
        [...own.keys()].map((version) => ({ model, version, sinceMs })),
      );
    await training.load(ofVersions(with_("training")), this.#reader, nowMs);
    const usual = with_("season");
    const until: LearnUntil = (model, kind, feature) => this.#shownSince(wave, model, kind, feature);
    await season.load(
      usual.map((window) => ({ ...window, version: "" })),
      this.#reader,
      until,
    );
    for (const windows of versionWaves(usual)) await season.load(windows, this.#reader, until);
    await versions.load(ofVersions(with_("version")), this.#store, this.#reader, this.#signal, nowMs);
  }

  /** What drifts is not learnt from. */
  #shownSince(wave: readonly ModelWindow[], model: string, kind: string, feature: string): number | undefined {
    const tracks = this.#state.tracks.get(model);
    const versions = wave.find((window) => window.model === model)?.versions.keys() ?? [];
    const since = [...versions].flatMap((version) => {
      const subject = { version, from: "data", what: `${kind} ${feature}` } as const;
      return (["drift", "data_quality"] as const).flatMap(
        (kindOf) => tracks?.shownSince(subjectKey({ ...subject, kind: kindOf })) ?? [],
      );
    });
    return since.length === 0 ? undefined : Math.min(...since);
  }

  #judge(window: ModelWindow): JudgedWindow {
    const { model, sinceMs, untilMs } = window;
    const { baselines, decision } = settingsFor(this.#request.settings, model);
    const features = [...window.versions].flatMap(([version, its]) =>
      judgeVersion({
        version,
        features: its,
        baselines: this.#baselinesOf(model, version, sinceMs),
        compareReplicas: baselines.includes("replicas"),
        noBaseline: this.#noBaseline(model, version),
      }),
    );
    const performances = [...window.versions].flatMap(([version, its]) =>
      judgePerformances(version, its, this.#baselinesOf(model, version, sinceMs), decision),
    );
    return { model, sinceMs, untilMs, features, performances };
  }

  #baselinesOf(model: string, version: string, sinceMs: number): WindowBaseline[] {
    const { training, season, versions } = this.#state;
    const { baselines } = settingsFor(this.#request.settings, model);
    const found = {
      training: training.features(model, version),
      season: seasonOf(season.get(model, "")?.features, season.get(model, version)?.features, version),
      version: versions.features({ model, version, sinceMs }),
    };
    return (["training", "season", "version"] as const).flatMap((name) => {
      const features = baselines.includes(name) ? found[name] : undefined;
      return features === undefined || features.size === 0 ? [] : [{ name, features }];
    });
  }

  #noBaseline(model: string, version: string): string {
    const { baselines } = settingsFor(this.#request.settings, model);
    const give = `lockstep baseline create ${model} --from FILE`;
    if (!baselines.includes("season")) return `not enough data: there is no reference to compare with: ${give}`;
    const windows = this.#state.season.get(model, version)?.windows ?? 0;
    const there = `${Math.min(windows, leastSeasonWindows)} of ${leastSeasonWindows} windows to compare with are there`;
    return `not enough data: ${there}; wait for them, or give a reference: ${give}`;
  }

  async #write(judged: readonly JudgedWindow[]): Promise<void> {
    const { nowMs } = this.#request;
    const rows = judged.flatMap((window) => window.features.map((each) => driftWindowRow(window, each, nowMs)));
    await this.#store.insertRows("drift_windows", rows);
    const performances = judged.flatMap((window) =>
      window.performances.map((each) => performanceRow(window, each, nowMs)),
    );
    await this.#store.insertRows("model_performance", performances);
  }

  #tell(window: JudgedWindow): ToldWindow {
    const { tracks, judgedMs } = this.#state;
    const { model, sinceMs, untilMs, features, performances } = window;
    judgedMs.set(model, this.#request.nowMs);
    const changes = tracks.get(model)!.observe({ sinceMs, untilMs, shown: shownBy(window) });
    return {
      ...{ model, sinceMs, untilMs },
      changes: changes.flatMap((change): ToldChange[] => {
        if (change.kind === "closed") return [change];
        const subject = subjectOf(change.key);
        const finding = subject && findingOf(window, subject, change.key, change);
        return finding === undefined ? [] : [{ ...change, kind: "shown", finding }];
      }),
      series: seriesOf(features, this.#request.maxSeries),
      performances: performances.map(({ version, way, values }) => ({ version, way, values })),
      notEnough: reasonsOf(features),
    };
  }
}

/**
 * What a model is given does not depend on its version; what it answers, and how fast, does: a new version has no usual answers
 * yet, and is compared with the version before it.
 */
function seasonOf(all: Features | undefined, own: Features | undefined, version: string): Features | undefined {
  if (version === "" || all === undefined) return all;
  const inputs = [...all].filter(([, { kind }]) => kind === "input");
  const answers = [...(own ?? [])].filter(([, { kind }]) => kind !== "input");
  return new Map([...inputs, ...answers]);
}

type Features = WindowBaseline["features"];

function reasonsOf(features: readonly JudgedFeature[]): string[] {
  return features
    .filter(({ verdict, baseline }) => verdict === "not_enough_data" && baseline !== "replicas")
    .slice(0, maxReasons)
    .map(({ reason }) => reason);
}
