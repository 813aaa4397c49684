import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FlightRecorderDump } from "@lockstep/formats/flight-recorder/dump";
import { readFlightRecorder } from "@lockstep/formats/flight-recorder/read-flight-recorder";
import { describe, expect, test } from "vitest";
import { judgeHang } from "./judge-hang.ts";
import { lastDoings } from "./last-doings.ts";

const shared = join(import.meta.dirname, "../../../../../shared");

function dumpsIn(folder: string, pattern: RegExp): FlightRecorderDump[] {
  return readdirSync(folder)
    .filter((file) => pattern.test(file))
    .map((file) => readFlightRecorder(file, readFileSync(join(folder, file))));
}

describe("16 ranks, of which the GPUs of two failed", () => {
  const folder = join(shared, "samples/flight_recorder/nvrx_gpu_error_2nd");
  const here = existsSync(folder);
  const dumps = here ? dumpsIn(folder, /^_dump_\d+$/) : [];
  const skipped = `not on this machine: ${folder}`;

  test("those two are named, with the operation the attribution gives", ({ skip }) => {
    if (!here) return skip(skipped);
    const { findings, not_enough_data } = judgeHang(dumps, { job: "megatron" });
    expect(not_enough_data).toBeUndefined();
    expect(findings.map(({ rank }) => rank)).toEqual([9, 14]);
    for (const finding of findings) {
      expect(finding).toMatchObject({
        kind: "hang",
        job: "megatron",
        communicator: "EXPERT_MODEL_PARALLEL_GROUP (72)",
        ranks: [8, 10, 11, 12, 13, 15],
        confidence: "high",
        cause: { code: "gpu_stopped" },
      });
      const evidence = Object.fromEntries(finding.evidence.map(({ what, value }) => [what, value]));
      expect(evidence).toMatchObject({
        operation: "AllToAll",
        "input size": "2048x5120",
        "element type": "BFloat16",
        "ranks that never entered": "9, 14",
        "last entered in the group": 44790,
        "ranks held up by it, directly or not": 14,
      });
    }
  });

  test("each rank's last doing leads to them", ({ skip }) => {
    if (!here) return skip(skipped);
    const doings = lastDoings(dumps);
    expect(doings.map(({ state }) => state)).toEqual(
      Array.from({ length: 16 }, (_, rank) => (rank === 9 || rank === 14 ? "behind" : "waiting")),
    );
    expect(doings[0]).toMatchObject({ collective: "Send", waitsFor: [8] });
    expect(doings[8]).toMatchObject({ collective: "AllToAll", seq: 44791, waitsFor: [9, 14] });
  });

  test("any one dump less names nobody else", ({ skip }) => {
    if (!here) return skip(skipped);
    for (const { rank: lost } of dumps) {
      const { findings, not_enough_data } = judgeHang(dumps.filter(({ rank }) => rank !== lost));
      const expected = [9, 14].filter((rank) => rank !== lost);
      expect(findings.map(({ rank }) => rank)).toEqual(expected);
      expect(not_enough_data).toContain(`no dump of rank ${lost}`);
    }
  });

  test("half of the dumps never name an innocent", ({ skip }) => {
    if (!here) return skip(skipped);
    for (const kept of [
      (rank: number) => rank < 8,
      (rank: number) => rank >= 8,
      (rank: number) => rank % 2 === 0,
      (rank: number) => rank % 2 === 1,
    ])
      for (const { rank } of judgeHang(dumps.filter((dump) => kept(dump.rank))).findings)
        expect([undefined, 9, 14]).toContain(rank);
  });
});

describe("4 ranks of gloo, of which one stopped entering", () => {
  const folder = join(shared, "vectors/gloo_runs");
  const here = existsSync(folder);

  test("it is named, whether it left a dump or not", ({ skip }) => {
    if (!here) return skip(`not on this machine: ${folder}`);
    const dumps = dumpsIn(folder, /^hang_rank\d\.json$/);
    expect(judgeHang(dumps).findings).toMatchObject([{ kind: "hang", rank: 2, ranks: [0, 1, 3], confidence: "high" }]);
    const others = dumps.filter(({ rank }) => rank !== 2);
    expect(judgeHang(others).findings).toMatchObject([{ rank: 2, cause: { code: "dump_missing" } }]);
  });

  test("a run that went well has no finding", ({ skip }) => {
    if (!here) return skip(`not on this machine: ${folder}`);
    const { findings, not_enough_data } = judgeHang(dumpsIn(folder, /^fr_rank0\.pickle$/));
    expect(findings).toEqual([]);
    expect(not_enough_data).toBe("no dump of ranks 1-3: the ranks that gave one wait for nobody");
  });
});
