import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { StepRow } from "@lockstep/analysis/fold/step-row";
import type { TraceSource } from "@lockstep/config/config";
import type { Operation } from "@lockstep/schemas/domain/operation";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { OpenFold } from "./readers/process-folds.ts";
import { openProcessFold } from "./readers/step-fold.ts";
import type { DumpFile, InspectorPage, KernelEvent } from "./trace-sink.ts";
import { Traces } from "./traces.ts";

const shared = join(import.meta.dirname, "../../../../shared/samples");

let folder: string;
let running: Traces | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "traces-"));
});

afterEach(async () => {
  await running?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const path = (name: string) => join(folder, name);
const append = (name: string, text: string) => {
  mkdirSync(dirname(path(name)), { recursive: true });
  appendFileSync(path(name), text);
};

/** A step is two operations: enough to see that none is lost or doubled at a restart. */
const pairs: OpenFold = (_, onRow, snapshot) => {
  let held = snapshot === undefined ? undefined : (JSON.parse(snapshot) as Operation | null);
  return {
    add: (operation) => {
      if (held == null) held = operation;
      else {
        const seqs = [held.seq, operation.seq];
        onRow({ job: operation.job, process: operation.process, seq: seqs[0], exec_us: seqs } as unknown as StepRow);
        held = null;
      }
    },
    flush: () => {},
    notEnoughData: () => undefined,
    snapshot: () => JSON.stringify(held ?? null),
  };
};

function start(traces: readonly TraceSource[], options: { openFold?: OpenFold; idleMs?: number } = {}) {
  const got = {
    rows: [] as StepRow[],
    events: [] as KernelEvent[],
    dumps: [] as DumpFile[],
    pages: [] as InspectorPage[],
  };
  const log: string[] = [];
  const say = (message: unknown) => log.push(String(message));
  const following = new Traces({
    traces,
    data: path("data"),
    openFold: pairs,
    ...options,
    sink: {
      steps: async (rows) => void got.rows.push(...rows),
      events: async (events) => void got.events.push(...events),
      flightRecorder: async (dump) => void got.dumps.push(dump),
      inspectorPage: async (page) => void got.pages.push(page),
    },
    log: { info: say, warn: say, error: (_: unknown, message?: string) => log.push(String(message)) } as never,
    onFatal: (error) => log.push(`fatal ${error}`),
    node: "here",
    now: () => Date.UTC(2026, 0, 10),
    pollMs: 10,
  });
  running = following;
  const stop = () => {
    running = undefined;
    return following.stop();
  };
  return { ...got, log, stop, traces: following, counts: () => following.status()[0]!.counts };
}

const until = (check: () => void) => vi.waitFor(check, { timeout: 8000, interval: 5 });

const record = (seq: number, exec: number | string = 250) =>
  `${JSON.stringify({
    header: { id: "0x1c2f", rank: 2, n_ranks: 8, nnodes: 1 },
    metadata: {
      inspector_output_format_version: "v4.0",
      dump_timestamp_us: 1.76e15 + seq,
      hostname: "gpu-07",
      pid: 42,
    },
    coll_perf: { coll: "AllReduce", coll_sn: seq, coll_msg_size_bytes: 65536, coll_exec_time_us: exec, new_key: {} },
  })}\n`;

const seqsOf = (rows: readonly StepRow[]) => rows.map(({ exec_us }) => exec_us);

test("files of NCCL Inspector become rows, across a restart", async () => {
  append("nccl-inspector-4711/gpu-07-pid42.log", record(1) + record(2) + record(3) + record(4).slice(0, 50));
  const source = { kind: "inspector", files: path("nccl-inspector-*/") } as const;
  const first = start([source]);
  await until(() => expect(seqsOf(first.rows)).toEqual([[1, 2]]));
  expect(first.rows[0]).toMatchObject({ job: "4711", process: "gpu-07/42" });
  await first.stop();
  append("nccl-inspector-4711/gpu-07-pid42.log", record(4).slice(50) + record(5) + record(6));
  const second = start([source]);
  await until(() =>
    expect(seqsOf(second.rows)).toEqual([
      [3, 4],
      [5, 6],
    ]),
  );
});

test("bad lines are counted, with the last as an example, and told once", async () => {
  append("nccl-inspector-1/a-pid1.jsonl", `${record(1)}{"header":\n${record(2, "nan")}\0\x01\n${record(3, 250.5)}`);
  const { rows, counts, log } = start([{ kind: "inspector", files: path("nccl-inspector-1/"), job: "pretrain" }]);
  await until(() => expect(rows).toMatchObject([{ job: "pretrain", exec_us: [1, 3] }]));
  expect(counts()).toMatchObject({ files: 1, lines: 5, badLines: 3, operations: 2, rows: 1, unreadable: 0 });
  expect(counts().lastBad).toMatch(/a-pid1\.jsonl: line 4: found/);
  expect(log.filter((line) => line.includes("a-pid1"))).toHaveLength(1);
});

test("a .gz of NCCL Inspector, its last line without an end", async () => {
  mkdirSync(path("runs"));
  writeFileSync(path("runs/a-pid1.log.gz"), gzipSync((record(1) + record(2)).trimEnd()));
  const { rows } = start([{ kind: "inspector", files: path("runs/") }]);
  await until(() => expect(rows).toMatchObject([{ job: "runs", exec_us: [1, 2] }]));
});

const line = (job: string | undefined, rank: number, seq: number) =>
  `${JSON.stringify({ job, comm_id: "c", kind: "DP", rank, members: [0, 1], op: "AllReduce", seq, exec_us: 10 })}\n`;

test("JSON lines of several processes, of their own jobs or of the configured one", async () => {
  append("lines.jsonl", line("a", 0, 1) + line("a", 1, 1) + line("b", 0, 7) + line("a", 1, 2) + line("a", 0, 2));
  const own = start([{ kind: "lines", files: path("*.jsonl") }]);
  await until(() => expect(own.rows).toHaveLength(2));
  expect(own.rows).toMatchObject([{ job: "a" }, { job: "a" }]);
  expect(new Set(own.rows.map(({ process }) => process)).size).toBe(2);
  await own.stop();
  append("lines.jsonl", line("b", 0, 8));
  const again = start([{ kind: "lines", files: path("*.jsonl") }]);
  await until(() => expect(again.rows).toMatchObject([{ job: "b", exec_us: [7, 8] }]));
  await again.stop();
  append("other.json", line("b", 0, 1) + line(undefined, 0, 2));
  const configured = start([{ kind: "lines", files: path("*.json"), job: "c" }]);
  await until(() => expect(configured.rows).toMatchObject([{ job: "c", exec_us: [1, 2] }]));
});

test("errors of GPUs in a kernel log, cut lines and all", async () => {
  const xid =
    "Jan  9 12:00:00 node-7 kernel: [  100.5] NVRM: Xid (PCI:0000:9b:00): 79, pid=12, GPU has fallen off the bus.";
  append(
    "kern.log",
    `Jan  9 11:59:59 node-7 kernel: NVRM: GPU at PCI:0000:9b:00: GPU-${"0".repeat(8)}-1111-2222-3333-${"4".repeat(12)}\n`,
  );
  append("kern.log", xid.slice(0, 70));
  const { events, counts } = start([{ kind: "kernel_log", files: path("kern.log") }]);
  await until(() => expect(counts().lines).toBe(1));
  append("kern.log", `${xid.slice(70)}\nNVRM: Xid (PCI:00\n`);
  await until(() => expect(counts()).toMatchObject({ events: 1, badLines: 1, lines: 3 }));
  await until(() => expect(events).toHaveLength(1));
  expect(events[0]).toMatchObject({
    code: 79,
    node: "node-7",
    pci: "0000:9b:00",
    gpu: expect.stringMatching(/^GPU-0/),
  });
  expect(Math.abs(events[0]!.at! - Date.UTC(2026, 0, 9, 12))).toBeLessThan(15 * 3_600_000);
});

test.skipIf(!existsSync("/dev/kmsg"))("the kernel's own device is read without waiting for it", async () => {
  const { counts, stop, log } = start([{ kind: "kernel_log", files: "/dev/kmsg" }]);
  await until(() => expect(counts().lines + counts().unreadable + log.length).toBeGreaterThan(0));
  await stop();
  expect(log.filter((text) => text.includes("fatal"))).toEqual([]);
});

test("a page of the Prometheus mode, overwritten in place", async () => {
  const sample = (sn: number, us: number) =>
    `nccl_collective_exec_time_microseconds{comm_id="0x1",rank="0",coll_sn="${sn}",timestamp="2026-01-01T00:00:0${sn}Z",collective="AllReduce"} ${us}\n`;
  writeFileSync(path("a.prom"), sample(1, 12.5).slice(0, -3));
  const { pages } = start([{ kind: "inspector_prom", files: path("*.prom") }]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(pages).toEqual([]);
  writeFileSync(path("a.prom"), sample(1, 12.5));
  await until(() => expect(pages).toHaveLength(1));
  writeFileSync(path("a.prom"), sample(2, 13.5));
  await until(() => expect(pages).toHaveLength(2));
  expect(pages.map(({ samples }) => samples[0]!.value)).toEqual([12.5, 13.5]);
  expect(pages[0]!.samples[0]!.labels).toEqual(pages[1]!.samples[0]!.labels);
  expect(pages[0]!.writtenAtMs).toBeGreaterThan(Date.now() - 60_000);
});

const dump = { version: "2.9", pg_config: {}, pg_status: {}, entries: [] };

test("dumps, when they are whole, once, also across a restart", async () => {
  const text = JSON.stringify(dump);
  writeFileSync(path("nccl_trace_rank_3"), text.slice(0, 20));
  const source = { kind: "flight_recorder", files: path("nccl_trace_rank_*"), job: "a" } as const;
  const first = start([source]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(first.dumps).toEqual([]);
  writeFileSync(path("nccl_trace_rank_3"), text);
  await until(() => expect(first.dumps).toMatchObject([{ job: "a", dump: { rank: 3, version: "2.9" } }]));
  await first.stop();
  const second = start([source]);
  writeFileSync(path("nccl_trace_rank_4"), text);
  await until(() => expect(second.dumps).toMatchObject([{ dump: { rank: 4 } }]));
});

test("a dump that stays cut is told", async () => {
  writeFileSync(path("nccl_trace_rank_3"), "{");
  const { log, counts } = start([{ kind: "flight_recorder", files: path("nccl_trace_rank_*") }]);
  await until(() => expect(log.join()).toMatch(/nccl_trace_rank_3.*it is read when it changes/));
  await until(() => expect(counts()).toMatchObject({ unreadable: 1, dumps: 0 }));
});

const recorded = join(shared, "flight_recorder/nvrx_gpu_error_2nd");
if (!existsSync(recorded)) console.log("skipped: no recorded dumps beside the repository");
test.skipIf(!existsSync(recorded))("recorded dumps of 16 ranks", async () => {
  mkdirSync(path("dumps"));
  const names = readdirSync(recorded).filter((name) => /^_dump_\d+$/.test(name));
  for (const name of names) copyFileSync(join(recorded, name), path(`dumps/${name}`));
  const { dumps } = start([{ kind: "flight_recorder", files: path("dumps/") }]);
  await until(() => expect(dumps).toHaveLength(16));
  expect(dumps.map(({ dump: { rank } }) => rank).sort((a, b) => a - b)).toEqual([...Array(16).keys()]);
});

const kernelLogs = join(shared, "xid_logs");
test.skipIf(!existsSync(kernelLogs))("recorded kernel logs", async () => {
  const { events, counts } = start([{ kind: "kernel_log", files: join(kernelLogs, "*.log") }]);
  const whole = readFileSync(join(kernelLogs, "gpud_xid_dmesg-with-xid-119.log"), "utf8");
  await until(() =>
    expect(events.filter(({ code }) => code === 119)).toHaveLength(whole.match(/Xid \(.*\): 119/g)!.length),
  );
  expect(counts().badLines).toBe(0);
});

test("steps of a file in which nothing comes any more are given, and it may go on later", async () => {
  const step = (at: number) => Array.from({ length: 3 }, (_, i) => record(3 * at + i)).join("");
  const steps = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => step(from + i)).join("");
  append("runs/a-pid1.log", steps(0, 30));
  const options = { openFold: openProcessFold, idleMs: 200 };
  const first = start([{ kind: "inspector", files: path("runs/") }], options);
  await until(() => expect(first.counts().operations).toBe(90));
  expect(first.rows).toEqual([]);
  expect(first.traces.notEnoughData()).toMatchObject([{ job: "runs", process: "gpu-07/42" }]);
  await until(() => expect(first.rows.length).toBeGreaterThan(20));
  expect(first.traces.notEnoughData()).toEqual([]);
  const given = first.rows.length;
  append("runs/a-pid1.log", steps(30, 40));
  await until(() => expect(first.rows.length).toBeGreaterThanOrEqual(given + 9));
  expect(new Set(first.rows.map(({ run, step: at }) => `${run} ${at}`)).size).toBe(first.rows.length);
});
