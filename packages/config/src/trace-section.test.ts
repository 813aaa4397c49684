import { describe, expect, test } from "vitest";
import { parseConfig } from "./parse.ts";
import { formatProblem } from "./problem.ts";

function parse(text: string) {
  return parseConfig(text, "/etc/lockstep/prometheus.yml");
}

function errorsOf(text: string): string[] {
  const result = parse(text);
  return result.ok ? [] : result.errors.map(formatProblem).map((line) => line.replace("/etc/lockstep/", ""));
}

test("everything", () => {
  const result = parse(`
lockstep:
  topology_file: topology.json
  mapping_file: ../gpus.yml
  traces:
    - inspector: "/var/log/nccl-inspector-*/"
      job: pretrain-a
    - lines: "collectives/*.jsonl"
    - inspector_prom: /var/run/nccl/*.prom
    - flight_recorder: "/tmp/nccl_trace_rank_*"
      job: pretrain-b
    - kernel_log: /var/log/kern.log
`);
  expect(result.ok && result.warnings).toEqual([]);
  expect(result.ok && result.config.traces).toEqual({
    sources: [
      { kind: "inspector", files: "/var/log/nccl-inspector-*/", job: "pretrain-a" },
      { kind: "lines", files: "/etc/lockstep/collectives/*.jsonl" },
      { kind: "inspector_prom", files: "/var/run/nccl/*.prom" },
      { kind: "flight_recorder", files: "/tmp/nccl_trace_rank_*", job: "pretrain-b" },
      { kind: "kernel_log", files: "/var/log/kern.log" },
    ],
    topologyFile: "/etc/lockstep/topology.json",
    mappingFile: "/etc/gpus.yml",
  });
});

test.each(["", "lockstep: {}", "lockstep: {traces: }", "lockstep: {traces: []}"])("no traces: %s", (text) => {
  const result = parse(text);
  expect(result.ok && result.config.traces).toEqual({ sources: [] });
});

test("a folder relative to the file keeps the slash that says it is one", () => {
  const result = parse("lockstep: {traces: [{inspector: nccl-inspector-*/}]}");
  expect(result.ok && result.config.traces.sources[0]!.files).toBe("/etc/lockstep/nccl-inspector-*/");
});

describe("faults", () => {
  const kinds = "inspector, lines, inspector_prom, flight_recorder, kernel_log";
  const table: [trace: string, problem: string][] = [
    ["{job: a}", `:1:21 lockstep.traces[0]: a trace without its files; expected one of ${kinds}`],
    [
      "{inspector: /a/, lines: /b}",
      ":1:21 lockstep.traces[0]: more than one kind of files in one trace; found inspector and lines, expected one of them; each further one is an item of its own",
    ],
    ["{lines: [/a, /b]}", ":1:29 lockstep.traces[0].lines: wrong value of lines; found a list, expected a text"],
    [
      "{lines: /a/**/*.jsonl}",
      ':1:29 lockstep.traces[0].lines: ** is not known here; found "/a/**/*.jsonl", expected a * for each folder of the way: /traces/*/*.jsonl',
    ],
    [
      "{kernel_log: /dev/kmsg, job: a}",
      ":1:50 lockstep.traces[0].job: kernel_log takes no job; expected this key left out",
    ],
    ["/a", ':1:21 lockstep.traces[0]: wrong value of traces[0]; found "/a", expected a mapping'],
  ];
  test.each(table)("%s", (trace, problem) => {
    expect(errorsOf(`lockstep: {traces: [${trace}]}`)).toEqual([`prometheus.yml${problem}`]);
  });

  test("a kind mistyped is no kind at all", () => {
    expect(errorsOf("lockstep: {traces: [{inspectr: /a/}]}")).toEqual([
      `prometheus.yml:1:21 lockstep.traces[0]: a trace without its files; expected one of ${kinds}`,
      'prometheus.yml:1:22 lockstep.traces[0].inspectr: unknown key "inspectr"; did you mean "inspector"?',
    ]);
  });

  test("the same files twice are a warning", () => {
    const result = parse("lockstep: {traces: [{lines: /a}, {lines: /a, job: b}]}");
    expect(result.ok && result.warnings.map(formatProblem)).toEqual([
      "/etc/lockstep/prometheus.yml:1:42 lockstep.traces[1].lines: these files are read for lockstep.traces[0].lines already, and not once more for this",
    ]);
  });
});
