import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { NcclTest } from "@lockstep/formats/nccl-tests/nccl-test";
import { readNcclTests } from "@lockstep/formats/nccl-tests/read-nccl-tests";
import { describe, expect, test } from "vitest";
import { judgeBandwidth } from "./judge-bandwidth.ts";

const NODES = ["a", "b", "c", "d", "e", "f"];
const SIZES = [2 ** 26, 2 ** 28];

/** A test over these hosts whose operations take so many times as long as usual; healthy runs differ by up to 2 %. */
function run(hosts: readonly string[], slow = 1): NcclTest {
  const jitter = 1 + 0.02 * (([...hosts.join("")].reduce((sum, char) => sum + char.charCodeAt(0), 0) % 7) / 7);
  const ranks = hosts.map((host, rank) => ({ rank, host, pid: rank, device: 0, busId: "0x07" }));
  const rows = SIZES.map((bytes) => {
    const timeUs = (bytes / 1e4) * jitter * slow;
    return { bytes, timeUs, algbwGBs: 10, busbwGBs: 10, wrong: 0, inPlace: undefined };
  });
  return { collective: "AllReduce", ranks, rows, avgBusbwGBs: 10 };
}

function pairs(slow: (a: string, b: string) => number = () => 1): NcclTest[] {
  return NODES.flatMap((a, i) => NODES.slice(i + 1).map((b) => run([a, b], slow(a, b))));
}

const named = (tests: readonly NcclTest[]) =>
  judgeBandwidth(tests).findings.map(({ kind, node, communicator }) => `${kind} ${node ?? communicator}`);

describe("what is blamed", () => {
  const table: { name: string; tests: NcclTest[]; found: string[] }[] = [
    { name: "healthy pairs", tests: pairs(), found: [] },
    { name: "a switch between halves", tests: pairs((a, b) => (a < "d" === b < "d" ? 1 : 1.12)), found: [] },
    { name: "a node's NIC", tests: pairs((a, b) => (a === "c" || b === "c" ? 1.4 : 1)), found: ["slow_link c"] },
    { name: "one cable", tests: pairs((a, b) => (a === "b" && b === "e" ? 1.5 : 1)), found: ["slow_link b e"] },
    { name: "healthy nodes", tests: NODES.map((node) => run([node])), found: [] },
    {
      name: "a node's NVLink",
      tests: NODES.map((node) => run([node], node === "f" ? 1.15 : 1)),
      found: ["slow_node f"],
    },
  ];
  test.each(table)("$name", ({ tests, found }) => expect(named(tests)).toEqual(found));
});

test("a single run is compared with nothing", () => {
  expect(judgeBandwidth([run(NODES)])).toMatchObject({
    findings: [],
    not_enough_data: expect.stringContaining("pairwise"),
  });
});

const recorded = new URL("../../../../../shared/samples/nccl_tests/pairwise_cluster01/", import.meta.url).pathname;
test.skipIf(!existsSync(recorded))("a healthy cluster that was recorded: nobody", () => {
  for (const kind of ["pairwise", "single-node"]) {
    const logs = readdirSync(join(recorded, kind), { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".log"),
    );
    const tests = logs.flatMap((name) => readNcclTests(readFileSync(join(recorded, kind, name), "utf8"), name).tests);
    expect(tests.length).toBeGreaterThan(100 / 2);
    expect(judgeBandwidth(tests)).toEqual({ job: "nccl-tests", findings: [] });
  }
});
