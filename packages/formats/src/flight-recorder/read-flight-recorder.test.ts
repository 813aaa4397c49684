import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FlightRecorderError } from "./flight-recorder-error.ts";
import type { PickleValue } from "./pickle-value.ts";
import { rankOfFile, readFlightRecorder } from "./read-flight-recorder.ts";
import { pickle } from "./test/pickle-encoder.ts";

const entry = {
  record_id: 41,
  pg_id: 6,
  process_group: ["43", "PIPELINE"],
  collective_seq_id: 3,
  p2p_seq_id: 17,
  op_id: 20,
  profiling_name: "nccl:send 0->1",
  time_created_ns: 1758580155793872386n,
  input_sizes: [[2048, 1], []],
  input_dtypes: ["BFloat16"],
  output_sizes: [[2048, 1]],
  output_dtypes: ["BFloat16"],
  state: "started",
  time_discovered_started_ns: 1758580155793900000n,
  time_discovered_completed_ns: null,
  retired: false,
  timeout_ms: 600000,
  is_p2p: true,
  duration_ms: 1.25,
  frames: [{ name: "step", filename: "train.py", line: 7 }],
  thread_id: "23456244340032",
} satisfies PickleValue;

const dump = {
  version: "2.9",
  nccl_version: "2.27.3",
  pg_config: {
    "0": { name: "0", desc: "default_pg", ranks: "[0, 1, 2, 3]" },
    "43": { name: "43", desc: "PIPELINE", ranks: "[1, 3]" },
  },
  pg_status: {
    "0": { last_enqueued_collective: 5, last_started_collective: -1, last_completed_collective: 4 },
    "6": { last_enqueued_collective: 17, last_started_collective: 17, last_completed_collective: 16 },
  },
  entries: [entry],
} satisfies PickleValue;

const expected = {
  rank: 3,
  version: "2.9",
  groups: [
    { id: "0", name: "0", description: "default_pg", ranks: [0, 1, 2, 3], pgId: "0" },
    { id: "43", name: "43", description: "PIPELINE", ranks: [1, 3], pgId: "6" },
  ],
  status: new Map([
    ["0", { lastEnqueued: 5, lastStarted: undefined, lastCompleted: 4 }],
    ["6", { lastEnqueued: 17, lastStarted: 17, lastCompleted: 16 }],
  ]),
  entries: [
    {
      recordId: 41,
      groupName: "43",
      groupDescription: "PIPELINE",
      pgId: "6",
      seq: 3,
      p2pSeq: 17,
      opId: 20,
      backend: "nccl",
      collective: "Send",
      peer: 1,
      isP2p: true,
      inputSizes: [[2048, 1], []],
      inputDtypes: ["BFloat16"],
      outputSizes: [[2048, 1]],
      outputDtypes: ["BFloat16"],
      state: "started",
      createdUs: 1758580155793872.5,
      startedUs: 1758580155793900,
      completedUs: undefined,
      retired: false,
      timeoutMs: 600000,
      durationMs: 1.25,
      frames: [{ name: "step", file: "train.py", line: 7 }],
    },
  ],
};

test.each([2, 3, 4, 5] as const)("a pickle of protocol %i", (protocol) => {
  expect(readFlightRecorder("nccl_trace_rank_3", pickle(dump, protocol))).toMatchObject(expected);
});

test("the same as JSON, where everything in pg_config and pg_status is a text and times not known are 0", () => {
  const texts = (dict: object) =>
    Object.fromEntries(
      Object.entries(dict).map(([key, value]) => [
        key,
        Object.fromEntries(Object.entries(value as object).map(([name, each]) => [name, String(each)])),
      ]),
    );
  const json = {
    ...dump,
    pg_config: texts(dump.pg_config),
    pg_status: texts(dump.pg_status),
    entries: [{ ...entry, time_created_ns: "@", time_discovered_started_ns: "@2", time_discovered_completed_ns: 0 }],
  };
  const text = JSON.stringify(json).replace('"@"', "1758580155793872386").replace('"@2"', "1758580155793900000");
  const read = readFlightRecorder("rank3.json", new TextEncoder().encode(text));
  expect({ ...read, entries: [] }).toMatchObject({ ...expected, entries: [] });
  const [only] = read.entries;
  expect(only).toMatchObject({ collective: "Send", peer: 1, completedUs: undefined });
  expect(only!.createdUs).toBeCloseTo(1758580155793872.5, 0);
});

describe("older and other versions", () => {
  const read = (content: PickleValue) => readFlightRecorder("r0", pickle(content, 2));

  test("2.3: neither configuration nor status; no types, ids or threads", () => {
    const { groups, status, entries } = read({
      version: "2.3",
      entries: [
        {
          process_group: ["default_pg", "desc"],
          collective_seq_id: 4,
          profiling_name: "nccl:all_reduce",
          state: "completed",
          input_sizes: [[8]],
        },
      ],
    });
    expect(groups).toEqual([{ id: "default_pg", name: "default_pg", description: "desc", ranks: [], pgId: undefined }]);
    expect(status.size).toBe(0);
    expect(entries).toMatchObject([
      { seq: 4, p2pSeq: 0, pgId: undefined, retired: false, inputDtypes: [], isP2p: false },
    ]);
  });

  test("2.10 names the library's version otherwise", () => {
    expect(read({ version: "2.10", comm_lib_version: "2.28", entries: [], unheard_of: [{}] })).toMatchObject({
      version: "2.10",
      entries: [],
    });
  });

  test('a default group called "" in the configuration and "0" in entries is one', () => {
    const { groups } = read({
      pg_config: { "": { name: "", desc: "", ranks: "[0, 1]" } },
      pg_status: { "0": { last_enqueued_collective: 1, last_completed_collective: 1 } },
      entries: [
        {
          pg_id: 0,
          process_group: ["0", "default_pg"],
          collective_seq_id: 1,
          profiling_name: "gloo:barrier",
          state: "scheduled",
        },
      ],
    });
    expect(groups).toEqual([{ id: "", name: "0", description: "default_pg", ranks: [0, 1], pgId: "0" }]);
  });

  test("groups without entries find their status by order", () => {
    const names = ["0", "35", "7", "108"];
    const config = Object.fromEntries(names.map((name) => [name, { name, desc: "", ranks: "[0]" }]));
    const ids = ["0", "3", "12", "20"];
    const status = Object.fromEntries(ids.map((id) => [id, { last_enqueued_collective: 1 }]));
    const { groups } = read({ pg_config: config, pg_status: status, entries: [] });
    expect(Object.fromEntries(groups.map(({ name, pgId }) => [name, pgId]))).toEqual({
      "0": "0",
      "7": "3",
      "35": "12",
      "108": "20",
    });
  });
});

describe("names of operations", () => {
  const table: [string, object][] = [
    ["nccl:_all_gather_base", { backend: "nccl", collective: "AllGather" }],
    ["nccl:_reduce_scatter_base", { collective: "ReduceScatter" }],
    ["nccl:all_gather_into_tensor_coalesced", { collective: "AllGather" }],
    ["nccl:_broadcast_oop", { collective: "Broadcast" }],
    ["nccl:all_reduce_barrier", { collective: "Barrier" }],
    ["gloo:all_reduce", { backend: "gloo", collective: "AllReduce" }],
    ["xccl:all_to_all", { backend: "xccl", collective: "AllToAll" }],
    ["nccl:recv 12<-3", { collective: "Recv", peer: 3 }],
    ["nccl:send 0->3", { collective: "Send", peer: 3 }],
    ["nccl:coalesced", { collective: "Coalesced", peer: undefined }],
    ["nccl:something_new", { collective: "nccl:something_new" }],
  ];
  test.each(table)("%s", (profiling_name, told) => {
    const content = { entries: [{ profiling_name, collective_seq_id: 1, state: "scheduled" }] };
    const bytes = new TextEncoder().encode(JSON.stringify(content));
    const { backend, collective, peer } = readFlightRecorder("r0", bytes).entries[0]!;
    expect({ backend, collective, peer }).toMatchObject(
      profiling_name === "nccl:something_new" ? { peer: undefined } : told,
    );
  });
});

test.each([
  ["_dump_9", 9],
  ["nccl_trace_rank_12", 12],
  ["fr_rank0.pickle", 0],
  ["job2/rank_15.json", 15],
  ["dump", undefined],
])("the rank of %s", (file, rank) => expect(rankOfFile(file)).toBe(rank));

describe("errors name file, place, what was found and what was expected", () => {
  const table: [string, unknown, RegExp][] = [
    ["a list", [], /^r1, the whole file: found a list of 0, expected a dict/],
    ["another file", { rank: 1, recs: [] }, /the whole file: found the keys rank, recs, expected `entries`/],
    ["entries", { entries: {} }, /^r1, entries: found a dict, expected a list/],
    ["an entry", { entries: [3] }, /^r1, entries\[0\]: found 3, expected a dict/],
    ["a state", { entries: [{ ...json(), state: "lost" }] }, /entries\[0\].state: found "lost", expected "scheduled"/],
    ["a size", { entries: [{ ...json(), input_sizes: [["a"]] }] }, /entries\[0\].input_sizes\[0\]\[0\]: found "a"/],
    ["no number", { entries: [{ ...json(), collective_seq_id: null }] }, /collective_seq_id: found nothing/],
    ["a time", { entries: [{ ...json(), time_created_ns: "soon" }] }, /time_created_ns: found "soon"/],
    ["ranks", { entries: [], pg_config: { a: { ranks: "0 to 3" } } }, /pg_config\["a"\].ranks: found "0 to 3"/],
    ["a status", { entries: [], pg_status: { "0": { last_enqueued_collective: "x" } } }, /last_enqueued_collective/],
  ];
  test.each(table)("%s", (_, content, message) => {
    const bytes = new TextEncoder().encode(JSON.stringify(content));
    const wrapped = Array.isArray(content) ? pickle([], 2) : bytes;
    expect(() => readFlightRecorder("r1", wrapped)).toThrow(FlightRecorderError);
    expect(() => readFlightRecorder("r1", wrapped)).toThrow(message);
  });

  test("a name without a rank", () => {
    expect(() => readFlightRecorder("dump", pickle({ entries: [] }, 2))).toThrow(
      /dump, file name: .*nccl_trace_rank_3/,
    );
  });

  function json() {
    return { profiling_name: "nccl:all_reduce", collective_seq_id: 1, state: "completed" };
  }
});

test("a damaged dump is a dump or a clear error, and quickly so", () => {
  const whole = pickle(dump, 2);
  const text = new TextEncoder().encode(
    JSON.stringify({ ...dump, entries: [{ ...entry, time_created_ns: 1, time_discovered_started_ns: 2 }] }),
  );
  const change = fc.record({ at: fc.nat(), byte: fc.nat(255) });
  fc.assert(
    fc.property(
      fc.constantFrom(whole, text),
      fc.array(change, { maxLength: 8 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (original, changes, share) => {
        const bytes = original.slice(0, Math.ceil(original.length * share));
        for (const { at, byte } of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
        try {
          readFlightRecorder("r3", bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(FlightRecorderError);
          expect((error as Error).message).toMatch(/^r3, .+: .+/);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

const shared = join(import.meta.dirname, "../../../../../shared");

test("recorded dumps of 16 ranks are read", ({ skip }) => {
  const folder = join(shared, "samples/flight_recorder/nvrx_gpu_error_2nd");
  if (!existsSync(folder)) return skip(`not on this machine: ${folder}`);
  const dumps = readdirSync(folder)
    .filter((file) => file.startsWith("_dump_"))
    .map((file) => readFlightRecorder(file, readFileSync(join(folder, file))));
  expect(dumps.map(({ rank }) => rank).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 16 }, (_, rank) => rank),
  );
  for (const { version, groups, status, entries } of dumps) {
    expect(version).toBe("2.9");
    expect(entries.length).toBeGreaterThan(10);
    expect(groups.every(({ pgId }) => pgId !== undefined && status.has(pgId))).toBe(true);
  }
});

test("recorded dumps of gloo are read, whole and cut down", ({ skip }) => {
  const folder = join(shared, "vectors/gloo_runs");
  if (!existsSync(folder)) return skip(`not on this machine: ${folder}`);
  const whole = readFlightRecorder("fr_rank0.pickle", readFileSync(join(folder, "fr_rank0.pickle")));
  expect(whole).toMatchObject({ rank: 0, version: "2.10", groups: [{ ranks: [0, 1, 2, 3], pgId: "0" }] });
  expect(whole.entries.length).toBe(60);
  expect(whole.entries.at(-1)).toMatchObject({
    collective: "AllReduce",
    seq: 60,
    retired: true,
    inputSizes: [[250_000]],
  });
  const cut = readFlightRecorder("hang_rank2.json", readFileSync(join(folder, "hang_rank2.json")));
  expect(cut).toMatchObject({ rank: 2, groups: [{ pgId: "0" }], entries: [{ seq: 14 }, { seq: 15, recordId: 14 }] });
});
