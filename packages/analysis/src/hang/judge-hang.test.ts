import type { DumpEntry, DumpStatus, FlightRecorderDump } from "@lockstep/formats/flight-recorder/dump";
import { describe, expect, test } from "vitest";
import { judgeHang } from "./judge-hang.ts";
import { lastDoings } from "./last-doings.ts";

type Call = Partial<DumpEntry> & { readonly group?: string };
const groups: Record<string, number[]> = { world: [0, 1, 2, 3], left: [0, 1], right: [2, 3], across: [0, 2] };
const world = groups["world"]!;

/** Calls of a rank in their order: completed, unless they say otherwise. */
function dump(rank: number, calls: readonly Call[], status: Record<string, DumpStatus> = {}): FlightRecorderDump {
  return {
    file: `dump_${rank}`,
    rank,
    version: "2.9",
    groups: Object.entries(groups)
      .filter(([, ranks]) => ranks.includes(rank))
      .map(([name, ranks]) => ({ id: name, name, description: "", ranks, pgId: name })),
    status: new Map(Object.entries(status)),
    entries: calls.map(({ group = "world", ...call }, recordId): DumpEntry => {
      const state = call.state ?? "completed";
      return {
        recordId,
        groupName: group,
        groupDescription: "",
        pgId: group,
        backend: "nccl",
        collective: "AllReduce",
        seq: 1,
        p2pSeq: 0,
        opId: undefined,
        peer: undefined,
        isP2p: call.peer !== undefined || call.collective === "Coalesced",
        inputSizes: [[8]],
        inputDtypes: ["Float"],
        outputSizes: [[8]],
        outputDtypes: ["Float"],
        state,
        createdUs: 1e15 + recordId * 1000,
        startedUs: undefined,
        completedUs: undefined,
        retired: state === "completed",
        timeoutMs: undefined,
        durationMs: undefined,
        frames: [],
        ...call,
      };
    }),
  };
}

const open = { state: "scheduled" } as const;
const done = (seq: number): Call => ({ seq });
const waits = (seq: number, more: Call = {}): Call => ({ seq, ...open, ...more });
const named = (dumps: FlightRecorderDump[]) =>
  judgeHang(dumps).findings.map(({ kind, rank, cause }) => `${kind} ${rank} ${cause.code}`);

describe("who is named", () => {
  const table: [string, FlightRecorderDump[], string[]][] = [
    ["nobody where all completed", world.map((rank) => dump(rank, [done(1), done(2)])), []],
    [
      "the rank that did not enter",
      world.map((rank) => dump(rank, rank === 3 ? [done(1)] : [done(1), waits(2)])),
      ["hang 3 never_entered"],
    ],
    [
      "ranks that did not enter, together",
      world.map((rank) => dump(rank, rank > 1 ? [done(1)] : [done(1), waits(2)])),
      ["hang 2 never_entered", "hang 3 never_entered"],
    ],
    [
      "not the rank that waits elsewhere, but the one it waits for",
      [
        dump(0, [done(1), waits(2)]),
        dump(1, [done(1), waits(2)]),
        dump(2, [done(1), waits(1, { group: "right" })]),
        dump(3, [done(1)]),
      ],
      ["hang 3 never_entered"],
    ],
    [
      "nobody, but a wrong order, where ranks wait for each other",
      [
        dump(0, [done(1), waits(1, { group: "across" })]),
        dump(1, [done(1), waits(2)]),
        dump(2, [done(1), waits(2)]),
        dump(3, [done(1), waits(2)]),
      ],
      ["hang undefined ordering_deadlock"],
    ],
    [
      "the group, where all entered and none completed",
      world.map((rank) => dump(rank, [done(1), waits(2)])),
      ["hang undefined communication"],
    ],
    [
      "the rank whose GPU has not begun what others have",
      world.map((rank) =>
        dump(rank, [{ seq: 1, startedUs: 5 }, waits(2, { state: rank === 1 ? "scheduled" : "started" })]),
      ),
      ["hang 1 gpu_not_started"],
    ],
    [
      "the rank that stopped while its peers, waiting for the same, went on",
      world.map((rank) => dump(rank, rank === 1 ? [done(1), waits(2)] : [done(1), waits(2), waits(3)])),
      ["hang 1 stopped_early"],
    ],
    [
      "the rank that did not finish what its peers finished",
      world.map((rank) => dump(rank, [done(1), rank === 2 ? waits(2) : done(2), waits(3)])),
      ["hang 2 gpu_stopped"],
    ],
    [
      "the receiver that never came",
      [
        dump(0, [done(1), waits(1, { collective: "Send", peer: 1, p2pSeq: 1, group: "left", seq: 0 })]),
        dump(1, [done(1)]),
        dump(2, [done(1)]),
        dump(3, [done(1)]),
      ],
      ["hang 1 never_entered"],
    ],
    [
      "nobody for a batch that its closing entry says completed",
      world.slice(0, 2).map((rank) =>
        dump(rank, [
          { ...open, collective: "Send", peer: 1 - rank, p2pSeq: 1, seq: 0, group: "left" },
          { ...open, collective: "Recv", peer: 1 - rank, p2pSeq: 1, seq: 0, group: "left" },
          { collective: "Coalesced", p2pSeq: 1, seq: 0, group: "left" },
        ]),
      ),
      [],
    ],
    [
      "the rank that gave up nothing, where the others gave up waiting",
      world.map((rank) => dump(rank, rank === 3 ? [done(1)] : [done(1), { seq: 2, state: "started", retired: true }])),
      ["hang 3 never_entered"],
    ],
  ];
  test.each(table)("%s", (_, dumps, expected) => expect(named(dumps)).toEqual(expected));
});

describe("what does not match", () => {
  const everyone = (odd: Call, usual: Call = {}) =>
    world.map((rank) => dump(rank, [done(1), waits(2, rank === 2 ? odd : usual)]));
  const table: [string, FlightRecorderDump[], string[]][] = [
    ["another operation", everyone({ collective: "Broadcast" }), ["mismatch 2 operation_mismatch"]],
    ["another size", everyone({ inputSizes: [[9]], outputSizes: [[9]] }), ["mismatch 2 size_mismatch"]],
    ["another type", everyone({ inputDtypes: ["Half"], outputDtypes: ["Half"] }), ["mismatch 2 dtype_mismatch"]],
    ["another shape is the same size", everyone({ inputSizes: [[2, 4]] }), ["hang undefined communication"]],
    [
      "a scatter's input differs by role",
      everyone({ collective: "Scatter", inputSizes: [[8], [8]] }, { collective: "Scatter", inputSizes: [] }),
      ["hang undefined communication"],
    ],
    [
      "all-to-all sizes that add up",
      everyone({ collective: "AllToAll", inputSizes: [[5]], outputSizes: [[5]] }, { collective: "AllToAll" }),
      ["hang undefined communication"],
    ],
    [
      "all-to-all sizes that do not",
      everyone({ collective: "AllToAll", inputSizes: [[5]] }, { collective: "AllToAll" }),
      ["mismatch undefined size_mismatch"],
    ],
    [
      "all-to-all sizes without all ranks are not judged",
      everyone({ collective: "AllToAll", inputSizes: [[5]] }, { collective: "AllToAll" }).slice(1),
      ["hang 0 dump_missing"],
    ],
    [
      "the first one only",
      world.map((rank) =>
        dump(rank, [
          done(1),
          waits(2, rank === 2 ? { collective: "Broadcast" } : {}),
          waits(3, { inputSizes: [[rank]] }),
        ]),
      ),
      ["mismatch 2 operation_mismatch"],
    ],
    ["none where all completed", world.map((rank) => dump(rank, [{ seq: 1, inputSizes: [[rank]] }])), []],
  ];
  test.each(table)("%s", (_, dumps, expected) => expect(named(dumps)).toEqual(expected));

  test("a message of two sizes blames neither end", () => {
    const end = (rank: number, collective: string, size: number) =>
      dump(rank, [
        {
          ...open,
          collective,
          peer: 1 - rank,
          p2pSeq: 1,
          seq: 0,
          group: "left",
          inputSizes: [[size]],
          outputSizes: [[size]],
        },
      ]);
    const { findings } = judgeHang([end(0, "Send", 8), end(1, "Recv", 16)]);
    expect(findings).toMatchObject([
      {
        kind: "mismatch",
        ranks: [0, 1],
        summary: "ranks do not agree on operation 1 of group left: rank 0 8 elements sent; rank 1 16 elements received",
      },
    ]);
    expect(findings[0]).not.toHaveProperty("rank");
  });
});

describe("dumps that miss or are old", () => {
  test("without any dump", () => {
    const { findings, not_enough_data } = judgeHang([]);
    expect(findings).toEqual([]);
    expect(not_enough_data).toMatch(/no Flight Recorder dump was read/);
  });

  test("one dump of another moment is said, not blamed", () => {
    const { findings, not_enough_data } = judgeHang(
      world.map((rank) => dump(rank, rank === 1 ? [done(1), waits(2)] : [done(1), done(2), done(3), waits(4)])),
    );
    expect(findings).toEqual([]);
    expect(not_enough_data).toMatch(/the dump of rank 1 is older than the others/);
  });

  test("where most are missing nobody is named", () => {
    const { findings } = judgeHang([dump(0, [done(1), waits(2)])]);
    expect(findings).toMatchObject([
      { kind: "hang", ranks: [1, 2, 3], cause: { code: "dumps_missing" }, confidence: "low" },
    ]);
    expect(findings[0]).not.toHaveProperty("rank");
  });

  test("what was entered a moment before is work under way, where the time is known", () => {
    const dumps = world.map((rank) => dump(rank, rank === 3 ? [done(1)] : [done(1), waits(2)]));
    expect(judgeHang(dumps, { takenAtUs: 1e15 + 10e6 }).findings).toEqual([]);
    expect(judgeHang(dumps, { takenAtUs: 1e15 + 40e6 }).findings).toMatchObject([{ rank: 3 }]);
  });
});

test("an operation only the status tells of is waited for as well", () => {
  const status = (enqueued: number, completed: number) => ({
    world: { lastEnqueued: enqueued, lastStarted: undefined, lastCompleted: completed },
  });
  const dumps = world.map((rank) => dump(rank, [done(1)], rank === 3 ? status(5, 5) : status(6, 5)));
  expect(named(dumps)).toEqual(["hang 3 never_entered"]);
});

test("what each rank last did", () => {
  const dumps = [
    dump(0, [done(1), waits(2)]),
    dump(1, [done(1), waits(2)]),
    dump(2, [done(1), waits(1, { group: "right" }), waits(2)]),
  ];
  expect(lastDoings(dumps)).toEqual([
    {
      rank: 0,
      group: "group world",
      collective: "AllReduce",
      seq: 2,
      state: "waiting",
      createdUs: 1e15 + 1000,
      waitsFor: [3],
    },
    {
      rank: 1,
      group: "group world",
      collective: "AllReduce",
      seq: 2,
      state: "waiting",
      createdUs: 1e15 + 1000,
      waitsFor: [3],
    },
    {
      rank: 2,
      group: "group right",
      collective: "AllReduce",
      seq: 1,
      state: "waiting",
      createdUs: 1e15 + 1000,
      waitsFor: [3],
    },
    { rank: 3, state: "no dump", waitsFor: [] },
  ]);
});
