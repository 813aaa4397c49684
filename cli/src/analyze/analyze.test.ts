import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Finding } from "@lockstep/schemas/domain/finding";
import { afterAll, describe, expect, test } from "vitest";
import { analyze } from "./analyze.ts";

const folder = mkdtempSync(join(tmpdir(), "lockstep-analyze-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(...args: string[]): Promise<{ code: number; text: string }> {
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const code = await analyze(args, { root: folder, cwd: folder, env: {}, print });
  return { code, text: lines.join("\n") };
}

async function findingsOf(...args: string[]): Promise<Finding[]> {
  return JSON.parse((await run(...args, "--json")).text).findings;
}

const RANKS = 6;
const STEPS = 40;
/** Microseconds. */
const COMPUTE = 50_000;
const TRANSFER = 2_000;

type Call = { rank: number; step: number; startUs: number; endUs: number };

/** All ranks meet once a step; a slow rank computes longer, and every clock is off by some milliseconds. */
function runOf(slow: { rank: number; factor: number } | undefined): Call[] {
  const calls: Call[] = [];
  let meeting = 1_795_000_000_000_000;
  for (let step = 0; step < STEPS; step++) {
    const entries = Array.from({ length: RANKS }, (_, rank) => {
      const factor = rank === slow?.rank ? slow.factor : 1;
      const jitter = 1 + 0.01 * Math.sin(step * 7 + rank * 13);
      return meeting + COMPUTE * factor * jitter;
    });
    const end = Math.max(...entries) + TRANSFER;
    for (const [rank, entry] of entries.entries()) {
      const skew = rank * 37_000;
      calls.push({ rank, step, startUs: Math.round(entry + skew), endUs: Math.round(end + skew) });
    }
    meeting = end;
  }
  return calls;
}

const members = Array.from({ length: RANKS }, (_, rank) => rank);

function writeLines(
  name: string,
  calls: readonly Call[],
  lineOf: (call: Call) => object,
  fileOf: (rank: number) => string,
) {
  mkdirSync(join(folder, name));
  for (const rank of members) {
    const lines = calls.filter((call) => call.rank === rank).map((call) => `${JSON.stringify(lineOf(call))}\n`);
    writeFileSync(join(folder, name, fileOf(rank)), lines.join(""));
  }
}

function collectiveLine({ rank, step, startUs, endUs }: Call) {
  const times = { start_ns: startUs * 1000, end_ns: endUs * 1000 };
  return { job: "j", comm_id: "c", kind: "DP", members, rank, op: "all_reduce", seq: step, bytes: 1 << 26, ...times };
}

function inspectorLine({ rank, step, startUs, endUs }: Call) {
  const stamps = { coll_start_ts: startUs, coll_stop_ts: startUs + 5 };
  const kernel = { channel_id: 0, kernel_start_ts: startUs, kernel_stop_ts: endUs, kernel_record_ts: endUs };
  return {
    header: { id: "0xabc", rank, n_ranks: RANKS, nnodes: 3 },
    metadata: {
      inspector_output_format_version: "v4.0",
      git_rev: "",
      rec_mechanism: "nccl_profiler_interface",
      dump_timestamp_us: endUs + 10,
      hostname: `node-${Math.floor(rank / 2)}`,
      pid: 100 + rank,
    },
    coll_perf: {
      coll: "AllReduce",
      coll_sn: step,
      coll_msg_size_bytes: 1 << 26,
      coll_exec_time_us: endUs - startUs,
      coll_timing_source: "kernel_gpu",
      coll_algobw_gbs: 100,
      coll_busbw_gbs: 150,
      event_trace_sn: { coll_start_sn: 1, coll_stop_sn: 2, kernel_events: [] },
      event_trace_ts: { ...stamps, kernel_events: [kernel] },
    },
  };
}

const slow = { rank: 4, factor: 1.4 };
writeLines("lines", runOf(slow), collectiveLine, (rank) => `rank-${rank}.jsonl`);
writeLines("nccl-inspector-77", runOf(slow), inspectorLine, (rank) => `node-${rank >> 1}-pid${100 + rank}.log`);
writeLines("healthy", runOf(undefined), collectiveLine, (rank) => `rank-${rank}.jsonl`);
mkdirSync(join(folder, "nothing"));
writeFileSync(join(folder, "nothing/notes.txt"), "milk, bread\n");

describe("collectives", () => {
  test.each([{ name: "lines" }, { name: "nccl-inspector-77" }])(
    "$name: the slow rank and nobody else",
    async ({ name }) => {
      const findings = await findingsOf("collectives", name);
      expect(findings.map(({ kind, rank }) => `${kind} ${rank}`)).toEqual(["slow_rank 4"]);
      expect(findings[0]!.score).toBeGreaterThan(1.3);
      expect(findings[0]!.score).toBeLessThan(1.5);
      expect(findings[0]!.waste_gpu_seconds).toBeGreaterThan(1);
    },
  );

  test("the folder of NCCL Inspector names the job, its files the node", async () => {
    expect(await findingsOf("collectives", "nccl-inspector-77")).toMatchObject([{ job: "77", node: "node-2" }]);
    expect(await findingsOf("collectives", "nccl-inspector-77", "--job", "mine")).toMatchObject([{ job: "mine" }]);
  });

  test("a healthy run: nobody, and exit code 0", async () => {
    const { code, text } = await run("collectives", "healthy");
    expect(code).toBe(0);
    expect(text).toContain("No straggler");
  });

  test("a topology file beside the traces tells node and GPU", async () => {
    const ranks = members.map((rank) => ({ rank, node: `node-${rank}`, gpu: `GPU-${rank}` }));
    writeFileSync(join(folder, "topology.json"), JSON.stringify({ ranks }));
    const [finding] = await findingsOf("collectives", "lines", "topology.json");
    expect(finding).toMatchObject({ rank: 4, node: "node-4", gpu: "GPU-4" });
  });

  test("as text: the sentence, what it cost and the numbers behind it", async () => {
    const { text } = await run("collectives", "lines");
    expect(text).toMatch(/! rank 4 .*1\.4\dx slower/);
    expect(text).toMatch(/GPU-seconds/);
    expect(text).toMatch(/confidence: \w+/);
  });

  test("without a trace there is no verdict, and the exit code says so", async () => {
    const { code, text } = await run("collectives", "nothing", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(text)).toMatchObject({
      findings: [],
      not_enough_data: [{ reason: expect.stringContaining("no file") }],
    });
  });
});

test.each([
  { args: ["collectives", "no-such-folder"], says: "no-such-folder" },
  { args: ["collectives"], says: "name files or folders" },
  { args: ["horoscope", "lines"], says: 'unknown "horoscope"' },
  { args: ["collectives", "lines", "--loud"], says: "--loud" },
])("refuses $args", async ({ args, says }) => {
  await expect(run(...args)).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(says) });
});

const shared = new URL("../../../../shared/", import.meta.url).pathname;
const recordings: { what: string; paths: string[]; found: string[] }[] = [
  {
    what: "collectives",
    paths: ["0", "1", "2", "3"].map((r) => `vectors/gloo_runs/r${r}.json`),
    found: ["slow_rank 2"],
  },
  {
    what: "flight-recorder",
    paths: ["0", "1", "2", "3"].map((r) => `vectors/gloo_runs/hang_rank${r}.json`),
    found: ["hang 2"],
  },
  { what: "flight-recorder", paths: ["samples/flight_recorder/nvrx_gpu_error_2nd"], found: ["hang 9", "hang 14"] },
  { what: "collectives", paths: ["samples/cluster_traces/bytedance_straggler"], found: ["slow_stage 3"] },
  { what: "collectives", paths: ["samples/nccl_tests/pairwise_cluster01"], found: [] },
  { what: "collectives", paths: ["samples/nccl_debug/nccl_ras_json_userguide_excerpt.txt"], found: ["hang 1"] },
];
const here = existsSync(join(shared, "samples")) && readdirSync(shared).includes("vectors");
if (!here) console.log("recordings of real runs: skipped, there is no folder `shared` beside the repository");
test.skipIf(!here).each(recordings)("recorded: $what $paths.0", async ({ what, paths, found }) => {
  const findings = await findingsOf(what, ...paths.map((path) => join(shared, path)));
  expect(findings.map(({ kind, rank, stage }) => `${kind} ${rank ?? stage}`)).toEqual(found);
});
