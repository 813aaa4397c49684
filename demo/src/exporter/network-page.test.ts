import { expect, test } from "vitest";
import { describeCluster } from "../model/cluster.ts";
import { TINY } from "../testdata/tiny-layout.ts";
import { networkPage } from "./network-page.ts";

const START = Date.UTC(2026, 10, 18, 9);
const { nodes } = describeCluster(TINY);
const slow = { kind: "slow-nic" as const, node: "node-01", gpu: 1, factor: 3, source: "t[0]", truth: "" };
const faults = [{ ...slow, startMs: START, endMs: START + 100_000 }];

function symbolErrors(node: number, atMs: number): number[] {
  const page = networkPage(nodes[node]!, 7, faults, atMs);
  expect(page).toMatch(/^# Simulated/);
  return [...page.matchAll(/^node_infiniband_symbol_error_total\{device="mlx5_\d",port="1"\} (\d+)$/gm)].map((match) =>
    Number(match[1]),
  );
}

test("errors grow on the card that is slow, while it is, and nowhere else", () => {
  const [before, during, after, later] = [-1, 50, 100, 200].map((s) => symbolErrors(0, START + s * 1000));
  expect(during![1]! - before![1]!).toBe(215);
  expect(after![1]! - before![1]!).toBe(430);
  expect(later).toEqual(after);
  expect([later![0], later![2]]).toEqual([before![0], before![2]]);
  expect(symbolErrors(1, START + 200_000)).toEqual(symbolErrors(1, START));
});
