import { readRas } from "@lockstep/formats/ras/read-ras";
import { describe, expect, test } from "vitest";
import { judgeRas } from "./judge-ras.ts";

type Rank = { readonly begun?: number; readonly dead?: boolean; readonly error?: number };

/** A world of four on two hosts, and pairs within them. */
function report(ranks: Readonly<Record<number, Rank>> = {}, begun = 100) {
  const answer = (rank: number, process: number) => ({
    rank,
    host: `node-${process >> 1}`,
    pid: 1000 + process,
    cuda_dev: process & 1,
    nvml_dev: process & 1,
    status: {
      init_state: 0,
      async_error: ranks[process]?.error ?? 0,
      finalize_called: false,
      destroy_flag: false,
      abort_flag: false,
    },
    collective_counts: { AllReduce: ranks[process]?.begun ?? begun, Broadcast: 2 },
  });
  const communicator = (hash: string, processes: readonly number[]) => {
    const members = processes.map((process, rank) => ({ process, ...answer(rank, process) }));
    const isMissing = ({ process }: { process: number }) => ranks[process]?.dead !== undefined;
    return {
      hash,
      secondary_hash: "0x1:0x2",
      size: processes.length,
      ranks_count: members.filter((each) => !isMissing(each)).length,
      missing_ranks_count: members.filter(isMissing).length,
      ranks: members.filter((each) => !isMissing(each)),
      missing_ranks: members
        .filter(isMissing)
        .map((each) => ({ ...each, status: { unresponsive: true, considered_dead: ranks[each.process]!.dead } })),
    };
  };
  const communicators = [communicator("0xb", [2, 3]), communicator("0xa", [0, 1, 2, 3])];
  return readRas(
    JSON.stringify({ nccl_version: "2.29.1", timestamp: "2026-01-01 00:00:00", communicators_count: 2, communicators }),
  );
}

const blamed = (...reports: Parameters<typeof judgeRas>[0]) =>
  judgeRas(reports, "j").findings.map(({ rank, node, confidence }) => [rank, node, confidence]);

describe("who is named", () => {
  const table: [string, ReturnType<typeof report>[], unknown[]][] = [
    ["nobody in a job that works", [report({}, 100), report({}, 130)], []],
    [
      "nobody where ranks are apart but go on",
      [report({ 2: { begun: 99 } }, 100), report({ 2: { begun: 129 } }, 130)],
      [],
    ],
    ["who is dead", [report({ 3: { dead: true } })], [[3, "node-1", "high"]]],
    ["who does not answer", [report({ 0: { dead: false } })], [[0, "node-0", "medium"]]],
    ["who has an error", [report({ 1: { error: 6 } })], [[1, "node-0", "medium"]]],
    [
      "who has not entered while nobody goes on",
      [report({ 2: { begun: 99 } }), report({ 2: { begun: 99 } })],
      [[2, "node-1", "high"]],
    ],
    ["nobody where most are behind one", [report({ 2: { begun: 101 } }), report({ 2: { begun: 101 } })], []],
  ];
  test.each(table)("%s", (_, reports, expected) => expect(blamed(...reports)).toEqual(expected));
});

test("one report of a job that answers is no verdict", () => {
  expect(judgeRas([report()]).not_enough_data).toContain("second one");
  expect(judgeRas([]).not_enough_data).toBeDefined();
  expect(judgeRas([report(), report()]).not_enough_data).toBeUndefined();
});

test("a rank is named by its number in the largest communicator", () => {
  const [finding] = judgeRas([report({ 3: { dead: true } })]).findings;
  expect(finding).toMatchObject({ rank: 3, communicator: "0xa", kind: "hang" });
  expect(finding!.summary).toMatch(/^rank 3 \(node-1\/1003\)/);
});
