/** For tests: a real engine, watch's drift task on it, and histograms of simulated models. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toStored } from "@lockstep/analysis/drift/stored-observed";
import { encodeRows } from "@lockstep/formats/native";
import { BLOCK_TABLES } from "@lockstep/schemas/blocks/tables";
import type { DriftFinding } from "@lockstep/schemas/domain/drift-finding";
import type { Observed, ObservedSource } from "@lockstep/schemas/domain/observed";
import { type ModelFindingRow, modelsFindings } from "@lockstep/schemas/queries/models-findings";
import { createStore, type Store } from "@lockstep/store/client";
import { migrate } from "@lockstep/store/migrate";
import { type EmbeddedProcess, startEmbedded } from "../../packages/store/test/embedded-process.ts";
import { Detection } from "../src/detect/detection.ts";
import { driftTask } from "../src/detect/drift/drift-task.ts";
import { createDriftWork, type WorkStore } from "../src/detect/drift/drift-work.ts";
import { ModelBoard } from "../src/detect/drift/model-board.ts";
import { observedTask } from "../src/detect/drift/observed/observed-task.ts";
import { PlaceFiles } from "../src/detect/places/place-files.ts";
import { createWindowJudge } from "../src/detect/straggler/window-judge.ts";
import { VerdictBoard } from "../src/detect/verdicts/verdict-board.ts";

export const never = new AbortController().signal;

export type Engine = { readonly store: Store; end(): Promise<void> };

export async function startEngine(): Promise<Engine> {
  const data = mkdtempSync(join(tmpdir(), "lockstep-drift-"));
  const embedded: EmbeddedProcess = await startEmbedded(data);
  await migrate(embedded.options);
  const store = createStore(embedded.options);
  return {
    store,
    async end() {
      await store.close();
      await embedded.end();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** A watch that leads from now on. */
export function newWatch(store: WorkStore, configFile?: string) {
  const models = new ModelBoard();
  const drift = createDriftWork(store);
  const detection = new Detection({
    ...{ store, board: new VerdictBoard(), judge: createWindowJudge(store), drift, models, atStart: new Map() },
    files: new PlaceFiles(configFile, (problem) => console.log(problem)),
  });
  const tasks = [observedTask(() => detection), driftTask(() => detection)];
  const run = async (now: number) => {
    for (const task of tasks) await task.run(now, never);
  };
  return { detection, models, run };
}

let posts = 0;

export async function post(
  store: Store,
  observed: readonly Observed[],
  source: ObservedSource,
  seen: number,
  origin: (observed: Observed) => string = ({ replica }) => replica,
): Promise<void> {
  const rows = observed.map((each) => toStored(each, { source, origin: origin(each), seen }));
  posts += 1;
  await store.insertNative("histograms", [encodeRows(BLOCK_TABLES.histograms, rows as never)], {
    token: `test ${posts}`,
  });
}

export type Told = Omit<ModelFindingRow, "detail"> & { readonly detail: DriftFinding };

export async function findingsOf(store: Store, model: string): Promise<Told[]> {
  const rows = await store.read(modelsFindings({ model, fromMs: 0, toMs: 4e12, limit: 1000 }));
  return rows.map((row) => ({ ...row, detail: JSON.parse(row.detail) as DriftFinding }));
}
