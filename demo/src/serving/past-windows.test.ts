import { checkBlock } from "@lockstep/formats/native";
import { BLOCK_TABLES } from "@lockstep/schemas/blocks/tables";
import { describe, expect, test } from "vitest";
import { backfill } from "../backfill/backfill.ts";
import { HISTORY_MS } from "../backfill/plan.ts";
import { readCounters } from "../exporter/counters-csv.ts";
import { beginHistory, resumeHistory } from "../history.ts";
import { describeCluster } from "../model/cluster.ts";
import { FaultBook } from "../model/fault-book.ts";
import { FRAUD_SCORE } from "../model/profiles.ts";
import type { DemoState } from "../state.ts";
import { MemoryLog } from "../testdata/sample-blocks.ts";
import { TINY } from "../testdata/tiny-layout.ts";
import { quietRows, SEASONS_MS, weeksBefore } from "./past-windows.ts";
import { servedModels } from "./served-models.ts";

const NOW = Date.UTC(2026, 10, 20, 10, 7, 3);
const DAY_MS = 86_400_000;
const [, chat] = TINY.workloads;
const cluster = describeCluster({
  ...TINY,
  workloads: [
    TINY.workloads[0]!,
    { ...chat!, serves: "vllm" },
    {
      ...chat!,
      name: "fraud",
      serves: "classifier",
      profile: FRAUD_SCORE,
      pods: [{ pod: "fraud-0", node: 2, gpus: [2] }],
    },
  ],
});
const file = readCounters();
const counters = { ...file, counters: file.counters.slice(0, 2) };

async function work({ seed, faults, pending, nextSequence: firstSequence }: DemoState, producer: MemoryLog) {
  const { signal } = new AbortController();
  return backfill({ cluster, counters, seed, faults, segments: pending[0]!, producer, firstSequence, signal });
}

describe("the past of served models", () => {
  test("is written once, the same in every run, a block a day, and few rows beside the samples", async () => {
    const { state } = beginHistory(cluster, 7, [], NOW);
    const [log, again] = [new MemoryLog(), new MemoryLog()];
    await work(state, log);
    await work(state, again);
    const blocks = log.of("histograms");
    expect(blocks.length).toBeGreaterThan(SEASONS_MS / DAY_MS);
    for (const { rows, block } of blocks) checkBlock(BLOCK_TABLES.histograms, rows, block);
    expect(again.of("histograms").every(({ block }, i) => Buffer.compare(block, blocks[i]!.block) === 0)).toBe(true);
    const rows = blocks.reduce((sum, block) => sum + block.rows, 0);
    expect(rows).toBeLessThan(0.15 * log.of("samples").reduce((sum, block) => sum + block.rows, 0));
  });

  test("a gap is filled too, without the weeks before", async () => {
    const first = beginHistory(cluster, 7, [], NOW);
    const later = resumeHistory(cluster, { ...first.state, pending: [] }, NOW + 2 * 3_600_000);
    const log = new MemoryLog();
    await work(later.state, log);
    // The classifier's six features in each window of ten minutes; the model server's are in its samples.
    const rows = log.of("histograms").reduce((sum, block) => sum + block.rows, 0);
    expect(rows).toBeGreaterThanOrEqual(6 * 12);
    expect(rows).toBeLessThanOrEqual(6 * 14);
  });

  test("goes four weeks back, so that an hour of the week has some of the same before it", () => {
    const startMs = NOW - HISTORY_MS;
    expect([...weeksBefore(cluster, 7, startMs, SEASONS_MS - HISTORY_MS)]).toHaveLength(21);
    expect([...weeksBefore(describeCluster(TINY), 7, startMs, SEASONS_MS - HISTORY_MS)]).toEqual([]);
  });

  test("rows of a window: every replica, every feature, counts that are whole", () => {
    const window = { sinceMs: NOW - 1_200_000, untilMs: NOW };
    const rows = servedModels(cluster).flatMap((model) => quietRows(model, window, 7, new FaultBook(cluster)));
    expect(rows.map(({ model, replica, kind, feature }) => [model, replica, kind, feature].join(" "))).toEqual([
      ...["chat-0", "chat-1"].flatMap((pod) => [
        `chat ${pod} input prompt_tokens`,
        `chat ${pod} prediction output_tokens`,
        `chat ${pod} latency first_token_seconds`,
        `chat ${pod} latency inter_token_seconds`,
        `chat ${pod} latency e2e_seconds`,
      ]),
      "fraud fraud-0 input amount_eur",
      "fraud fraud-0 input account_age_days",
      "fraud fraud-0 input country",
      "fraud fraud-0 input channel",
      "fraud fraud-0 prediction decision",
      "fraud fraud-0 score score",
    ]);
    for (const { counts, bounds, count } of rows) {
      expect(counts.every((each) => Number.isSafeInteger(each) && each >= 0)).toBe(true);
      if (bounds.length > 0) expect(bounds).toHaveLength(counts.length + 1);
      expect(count).toBeGreaterThan(1000);
    }
  });
});
