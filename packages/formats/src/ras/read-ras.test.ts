import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RasError, readRas } from "./read-ras.ts";

const present = {
  rank: 1,
  host: "gpu-1",
  pid: 41,
  cuda_dev: 0,
  nvml_dev: 3,
  status: { init_state: 0, async_error: 0, finalize_called: false, destroy_flag: false, abort_flag: true },
  collective_counts: { Broadcast: 2, AllReduce: 17, AlltoAll: 1, Odd: "x" },
};
const absent = {
  rank: 0,
  host: "gpu-0",
  pid: 40,
  cuda_dev: 0,
  nvml_dev: 0,
  status: { unresponsive: true, considered_dead: false },
};
const communicator = {
  hash: "0x00ae94",
  secondary_hash: "0xb7:0xb8",
  size: 2,
  ranks_count: 1,
  missing_ranks_count: 1,
  ranks: [present],
  missing_ranks: [absent],
};
const report = (communicators: unknown) =>
  JSON.stringify({ nccl_version: "2.29.1", timestamp: "2025-12-19 13:06:53", communicators, ras: {} });

test("a report", () => {
  const nothing = {
    initState: undefined,
    asyncError: undefined,
    finalizeCalled: undefined,
    destroyFlag: undefined,
    abortFlag: undefined,
  };
  expect(readRas(`\n${report([communicator])}\n`)).toEqual({
    ncclVersion: "2.29.1",
    takenAt: "2025-12-19 13:06:53",
    problems: [],
    communicators: [
      {
        id: "0xae94",
        secondaryHash: "0xb7:0xb8",
        size: 2,
        members: [
          {
            rank: 0,
            host: "gpu-0",
            pid: 40,
            cudaDev: 0,
            nvmlDev: 0,
            missing: true,
            status: { ...nothing, unresponsive: true, consideredDead: false },
            counts: new Map(),
          },
          {
            rank: 1,
            host: "gpu-1",
            pid: 41,
            cudaDev: 0,
            nvmlDev: 3,
            missing: false,
            status: {
              initState: 0,
              asyncError: 0,
              finalizeCalled: false,
              destroyFlag: false,
              abortFlag: true,
              unresponsive: undefined,
              consideredDead: undefined,
            },
            counts: new Map([
              ["Broadcast", 2],
              ["AllReduce", 17],
              ["AllToAll", 1],
            ]),
          },
        ],
      },
    ],
  });
});

describe("what cannot be read is left out and told", () => {
  const table: [string, object, string][] = [
    ["no hash", { hash: "x" }, "communicators[0].hash"],
    ["no size", { size: 0 }, "communicators[0].size"],
    ["a rank outside", { ranks: [{ rank: 2 }] }, "communicators[0].ranks[0].rank"],
    ["ranks of another form", { missing_ranks: {} }, "communicators[0].missing_ranks"],
  ];
  test.each(table)("%s", (_, change, field) => {
    expect(readRas(report([{ ...communicator, ...change }])).problems).toMatchObject([{ field }]);
  });
  test("what was not told is undefined", () => {
    const { members } = readRas(report([{ hash: "0x1", size: 4, ranks: [{ rank: 3 }] }])).communicators[0]!;
    expect(members).toMatchObject([{ rank: 3, host: undefined, pid: undefined, missing: false }]);
  });
});

describe("another form is refused", () => {
  const table: [string, RegExp][] = [
    ["Job summary\n===========", /found "Job summary.*ncclras -f json/],
    ["", /expected JSON/],
    [report([communicator]).slice(0, -5), /cut or broken/],
    [report({}), /communicators: found {}, expected a list/],
    ["{}", /communicators: found nothing/],
  ];
  test.each(table)("%s", (text, message) => {
    expect(() => readRas(text)).toThrow(message);
    expect(() => readRas(text)).toThrow(RasError);
  });
});

test("any JSON is read or refused", () => {
  const member = fc.record({ rank: fc.jsonValue(), status: fc.jsonValue(), collective_counts: fc.jsonValue() });
  const any = fc.record({
    hash: fc.oneof(fc.constant("0x1"), fc.string()),
    size: fc.oneof(fc.nat(9), fc.jsonValue()),
    ranks: fc.oneof(fc.array(member), fc.jsonValue()),
    missing_ranks: fc.jsonValue(),
  });
  fc.assert(
    fc.property(fc.array(fc.oneof(any, fc.jsonValue())), (communicators) => {
      const read = readRas(report(communicators));
      expect(read.communicators.length).toBeLessThanOrEqual(communicators.length);
    }),
  );
});

const recorded = join(
  import.meta.dirname,
  "../../../../../shared/samples/nccl_debug/nccl_ras_json_userguide_excerpt.txt",
);

test("the recorded report", ({ skip }) => {
  if (!existsSync(recorded)) return skip(`not on this machine: ${recorded}`);
  const { communicators, problems } = readRas(readFileSync(recorded, "utf8"));
  expect(problems).toEqual([]);
  expect(communicators.map(({ size, members }) => [size, members.map(({ missing }) => missing)])).toEqual([
    [2, [false, true]],
  ]);
});
