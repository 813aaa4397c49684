/**
 * What following costs: `node measure.ts [files] [verbose]` writes files of NCCL Inspector of a tensor- and data-parallel job and
 * prints bytes and operations a CPU second from files to step rows, and then what it costs to follow them while they are idle.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openProcessFold } from "../readers/step-fold.ts";
import { Traces } from "../traces.ts";

const files = Number(process.argv[2] ?? 8);
const verbose = process.argv[3] === "verbose";
const steps = Math.ceil(24_000 / files);
const folder = mkdtempSync(join(tmpdir(), "measure-tail-"));

function record(pid: number, step: number, slot: number): string {
  const tensor = slot < 24;
  const seq = tensor ? step * 24 + slot : step * 2 + slot - 24;
  const at = 1_760_000_000_000_000 + step * 1_000_000 + slot * 30_000;
  const exec = 900 + ((pid * 31 + step * 17 + slot * 7) % 400);
  const rank = tensor ? pid & 7 : pid >> 3;
  const header = `{"id":"${tensor ? `0x7f8c49${(pid >> 3).toString(16)}` : "0xe62dedaa97644a"}","comm_name":"unknown","rank":${rank},"n_ranks":${tensor ? 8 : Math.ceil(files / 8)},"nnodes":1}`;
  const metadata = `{"inspector_output_format_version":"v4.0","git_rev":"","rec_mechanism":"nccl_profiler_interface","dump_timestamp_us":${at + 5000},"hostname":"gpu-07","pid":${pid}}`;
  const events = Array.from({ length: 2 }, (_, channel) => {
    const stamp = (unit: string, value: number) =>
      `{"channel_id":${channel},"kernel_start_${unit}":${value},"kernel_stop_${unit}":${value + exec},"kernel_record_${unit}":${value + exec}}`;
    return stamp;
  });
  const trace = verbose
    ? `,"event_trace_sn":{"coll_start_sn":1,"coll_stop_sn":2,"kernel_events":[${events.map((stamp) => stamp("sn", 3))}]},"event_trace_ts":{"coll_start_ts":${at},"coll_stop_ts":${at + 5},"kernel_events":[${events.map((stamp) => stamp("ts", at + 120))}]}`
    : "";
  return `{"header":${header},"metadata":${metadata},"coll_perf":{"coll":"${tensor ? "AllReduce" : "ReduceScatter"}","coll_sn":${seq},"coll_msg_size_bytes":${tensor ? 16777216 : 2147483648},"coll_exec_time_us":${exec},"coll_timing_source":"kernel_gpu","coll_algobw_gbs":277.210914,"coll_busbw_gbs":485.119099${trace}}}\n`;
}

const seconds = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1e6;

try {
  for (let pid = 0; pid < files; pid++) {
    const lines: string[] = [];
    for (let step = 0; step < steps; step++) for (let slot = 0; slot < 26; slot++) lines.push(record(pid, step, slot));
    writeFileSync(join(folder, `gpu-07-pid${pid}.log`), lines.join(""));
  }
  let rows = 0;
  const traces = new Traces({
    traces: [{ kind: "inspector", files: `${folder}/` }],
    data: join(folder, "data"),
    sink: {
      steps: async (given) => {
        rows += given.length;
      },
      events: async () => {},
      flightRecorder: async () => {},
      inspectorPage: async () => {},
    },
    openFold: openProcessFold,
    log: console as never,
    onFatal: (error) => {
      throw error;
    },
  });
  const { counts } = traces.status()[0]!;
  const rssBefore = process.memoryUsage().rss;
  const before = process.cpuUsage();
  const began = performance.now();
  while (counts.operations < files * steps * 26) await pause(20);
  const cpu = seconds(process.cpuUsage(before));
  const wall = (performance.now() - began) / 1000;
  const { rss } = process.memoryUsage();
  console.log(
    `${counts.operations} operations, ${(counts.bytes / 1e6).toFixed(0)} MB, ${rows} rows of ${files} files: ` +
      `${Math.round(counts.operations / cpu)} operations and ${(counts.bytes / cpu / 1e6).toFixed(0)} MB a CPU second, ` +
      `${Math.round(counts.operations / wall)} operations a second; RSS ${(rssBefore / 1e6).toFixed(0)} -> ${(rss / 1e6).toFixed(0)} MB`,
  );
  await pause(Number(process.argv[4] ?? 35_000));
  const idle = process.cpuUsage();
  await pause(20_000);
  console.log(
    `idle: ${((100 * seconds(process.cpuUsage(idle))) / 20).toFixed(2)} % of a core for ${counts.files} files`,
  );
  await traces.stop();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
