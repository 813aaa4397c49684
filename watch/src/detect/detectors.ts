/** What watch judges while it leads, as tasks. */
import type { Leadership } from "@lockstep/log/log";
import type { Meter } from "@lockstep/process/metrics";
import type { Logger } from "@lockstep/process/process";
import type { WatchDetail } from "@lockstep/schemas/process/watch-detail";
import type { Task } from "../schedule/schedule.ts";
import { Detection, type DetectStore, judgedBefore } from "./detection.ts";
import { driftTask } from "./drift/drift-task.ts";
import type { DriftWork } from "./drift/drift-work.ts";
import { ModelBoard } from "./drift/model-board.ts";
import { observedTask } from "./drift/observed/observed-task.ts";
import { attributionTask } from "./gpus/attribution-task.ts";
import { xidTask } from "./gpus/xid-task.ts";
import { hangTask } from "./hang/hang-task.ts";
import { PlaceFiles } from "./places/place-files.ts";
import { stragglerTask } from "./straggler/straggler-task.ts";
import type { WindowJudge } from "./straggler/window-judge.ts";
import { showDrift } from "./verdicts/drift-metrics.ts";
import { VerdictBoard } from "./verdicts/verdict-board.ts";
import { showVerdicts } from "./verdicts/verdict-metrics.ts";

export type DetectorOptions = {
  readonly store: DetectStore;
  readonly judge: WindowJudge;
  readonly drift: DriftWork;
  /** A prometheus.yml, for the topology and mapping files it names. */
  readonly configFile: string | undefined;
  readonly leadership: Leadership;
  readonly log: Pick<Logger, "info" | "warn">;
  readonly meter: Meter;
};

export type Detectors = {
  readonly tasks: readonly Task[];
  /** For the heartbeat. */
  detail(): Omit<WatchDetail, "leads">;
  /** Of what is judged beside the tasks. */
  stop(): Promise<void>;
};

/** Resolves when it is known how far the watch before came; a store that is away then costs some windows judged again. */
export async function createDetectors(options: DetectorOptions): Promise<Detectors> {
  const { store, judge, drift, configFile, leadership, log, meter } = options;
  const files = new PlaceFiles(configFile, (problem) => log.warn(problem));
  let judged: ReadonlyMap<string, number> = new Map();
  try {
    judged = await judgedBefore(store, AbortSignal.timeout(5_000));
  } catch (error) {
    log.warn({ err: error }, "how far stragglers were judged before is not known");
  }
  const board = new VerdictBoard();
  const models = new ModelBoard();
  const from = (atStart: ReadonlyMap<string, number>) =>
    new Detection({ store, files, board, judge, drift, models, atStart });
  let detection = from(judged);
  // Whoever leads meanwhile writes on; with the lead comes the state that it left.
  leadership.onChange((leads) => {
    board.keep(new Set());
    models.clear();
    if (!leads) detection.end();
    else detection = from(judged);
  });
  showVerdicts(meter, board);
  showDrift(meter, models);
  const current = () => detection;
  return {
    tasks: [stragglerTask, hangTask, attributionTask, xidTask, observedTask, driftTask].map((task) => task(current)),
    detail: () => (leadership.leads ? detection.detail() : {}),
    async stop() {
      detection.end();
      await judge.close();
      await drift.close();
    },
  };
}
