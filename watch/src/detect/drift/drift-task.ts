/** Every fifteen seconds: windows of models that are complete now, what is said of them, and what of it is new. */
import type { DriftFinding } from "@lockstep/schemas/domain/drift-finding";
import { MAX_DRIFT_SERIES } from "@lockstep/schemas/process/verdict-metrics";
import type { Task } from "../../schedule/schedule.ts";
import type { Detection } from "../detection.ts";
import type { FindingBook } from "../findings/finding-book.ts";
import type { ToldWindow } from "./drift-work.ts";
import { type SettingsByModel, settingsFor } from "./model-settings.ts";
import type { DueWindow } from "./window-ledger.ts";

const intervalMs = 15_000;
/** Judged at once: rows of them are in memory together. */
const maxWindows = 64;
const maxRows = 20_000;
/** Windows of models are shown while they are so new. */
const shownWindows = 3;
const shownForMs = 900_000;
const goneMs = 24 * 3_600_000;
/** Windows that ended within are judged each time; older ones while there is time, and the rest of them the next time. */
const recentMs = 30 * 60_000;
const olderForMs = 10_000;

export function driftTask(detection: () => Detection): Task {
  return {
    name: "drift",
    intervalMs,
    run: (now, signal) => judgeModels(detection(), now, signal),
  };
}

async function judgeModels(detection: Detection, now: number, signal: AbortSignal): Promise<void> {
  const { drift, modelFindings, models, ended } = detection;
  await modelFindings.takeUp(now, ended);
  // Before, models that a label names would be judged in windows of another length.
  if (!(await detection.modelsAreKnown())) return;
  const settings = await detection.modelSettings();
  const due = await drift.due({ settings, nowMs: now }, signal);
  models.heard(new Set(due.map(({ model }) => model)), now);
  const maxSeries = Math.max(1, Math.floor(MAX_DRIFT_SERIES / Math.max(1, models.count)));
  const began = performance.now();
  const { recent = [], older = [] } = Object.groupBy(due, ({ untilMs }) =>
    untilMs > now - recentMs ? "recent" : "older",
  );
  const first = [...batchesOf(recent)];
  for (const [at, windows] of [...first, ...batchesOf(older)].entries()) {
    if (at > first.length && performance.now() - began > olderForMs) break;
    const asked = new Set(windows.map(({ model }) => model));
    const open = modelFindings
      .open()
      .filter(({ finding }) => asked.has(finding.model))
      .map(({ subject, openedMs, finding }) => ({ model: finding.model, key: subject, fromMs: openedMs }));
    const told = await drift.judge({ windows, settings, open, nowMs: now, maxSeries }, signal);
    for (const window of told) {
      takeIn(modelFindings, window);
      if (window.untilMs > now - shownFor(settings, window.model)) models.judged(window, now);
    }
    await modelFindings.flush(now, signal);
  }
  closeForgotten(modelFindings, now);
  models.keepShown((model) => now - shownFor(settings, model));
  await modelFindings.flush(now, signal);
}

function shownFor(settings: SettingsByModel, model: string): number {
  return Math.max(shownForMs, shownWindows * settingsFor(settings, model).windowMs);
}

function* batchesOf(due: readonly DueWindow[]): Generator<DueWindow[]> {
  let batch: DueWindow[] = [];
  let rows = 0;
  for (const window of due) {
    if (batch.length > 0 && (batch.length >= maxWindows || rows + window.rows > maxRows)) {
      yield batch;
      batch = [];
      rows = 0;
    }
    batch.push(window);
    rows += window.rows;
  }
  if (batch.length > 0) yield batch;
}

function takeIn(book: FindingBook<DriftFinding>, { model, changes }: ToldWindow): void {
  for (const change of changes) {
    const known = book.open(model).find(({ subject }) => subject === change.key);
    if (change.kind === "closed") {
      // A window judged late says nothing of what began after it.
      if (known !== undefined && known.openedMs <= change.toMs) book.close(known.id, change.toMs);
      continue;
    }
    const { finding } = change;
    if (known === undefined) book.begin(finding, change.key, change.fromMs);
    else if (finding.to >= known.finding.to) {
      book.change(known.id, { finding: { ...finding, from: known.openedMs } }, false);
    }
  }
}

/** Written again as long as it goes on: of this one nothing more is heard, or the history that was imported ends with it. */
function closeForgotten(book: FindingBook<DriftFinding>, now: number): void {
  for (const { id, finding } of book.open()) {
    const written = book.writtenMs(id);
    if (written > 0 && now - written > goneMs) book.close(id, finding.to);
  }
}
