import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GpuMapping } from "@lockstep/analysis/gpu/gpu-mapping";
import { readTopologyFile } from "@lockstep/analysis/topology/topology-file";
import { readFlightRecorder } from "@lockstep/formats/flight-recorder/read-flight-recorder";
import { jobOfInspectorFolder } from "@lockstep/formats/inspector/job-of-folder";
import { KernelLogReader } from "@lockstep/formats/xid/kernel-log-reader";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeCluster } from "../model/cluster.ts";
import { DEFAULT_LAYOUT } from "../model/layout.ts";
import { LiveSimulation } from "../model/live.ts";
import { Simulation } from "../model/simulation.ts";
import { TrainingFleet } from "./fleet.ts";
import { PLACES, TraceFiles } from "./trace-files.ts";

const START = Date.UTC(2026, 10, 18, 9);
const cluster = describeCluster(DEFAULT_LAYOUT);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-traces-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("what is left on disk when a GPU falls off the bus: the readers take all of it", () => {
  const fault = { kind: "xid-79" as const, node: "node-07", gpu: 5, source: "t[0]", truth: "" };
  const faults = [{ ...fault, startMs: START + 20_000, endMs: START + 200_000 }];
  const files = new TraceFiles(folder, cluster, {
    warn: (_, message) => {
      throw new Error(message);
    },
  });
  const live = new LiveSimulation(new Simulation(cluster, 7, faults, START), () => {});
  const fleet = new TrainingFleet({
    cluster,
    seed: 7,
    faults,
    startMs: START,
    outputOf: files.outputOf,
    onXid: ({ node, gpu, startMs }) => files.xid(node, gpu, 79, startMs),
  });
  for (let nowMs = START; nowMs < START + 120_000; nowMs += 1000) fleet.advance(nowMs, live.at(nowMs));
  files.close();

  const traces = join(folder, "traces");
  const run = join(traces, "runs", "20261118T090000Z");
  const [finetune, pretrain] = readdirSync(run);
  expect([finetune, pretrain].map((name) => jobOfInspectorFolder(name!))).toEqual(["finetune-b", "pretrain-a"]);
  expect(readdirSync(join(run, pretrain!)).filter((name) => name.endsWith(".log"))).toHaveLength(64);

  const topology = readTopologyFile("t", JSON.parse(readFileSync(join(folder, PLACES.topology), "utf8")));
  const gpu = cluster.gpus.find(({ node, gpu }) => node === "node-07" && gpu === 5)!;
  expect(topology[gpu.use!.rank]).toMatchObject({ rank: gpu.use!.rank, node: "node-07", gpu: gpu.uuid });
  expect(readdirSync(join(run, pretrain!))).toContain(`${topology[0]!.process!.replace("/", "-pid")}.log`);

  const mapping = new GpuMapping(JSON.parse(readFileSync(join(folder, PLACES.mapping), "utf8")));
  const identity = { uuid: gpu.uuid, node: gpu.node, index: gpu.gpu, mig: undefined };
  expect(mapping.of(identity as Parameters<GpuMapping["of"]>[0])).toEqual({ job: "pretrain-a" });

  const seen: unknown[] = [];
  const kernel = new KernelLogReader({
    onEvent: ({ code, host, at }, uuid) => seen.push([code, host, at, uuid]),
    onProblem: (problem) => expect(problem).toBeUndefined(),
  });
  kernel.push(readFileSync(join(traces, "kernel", "node-07", "kern.log")));
  kernel.end();
  expect(seen).toEqual([[79, "node-07", START + 20_000, gpu.uuid]]);

  const dumps = readdirSync(join(traces, "flight-recorder", "pretrain-a")).map((name) =>
    readFlightRecorder(name, readFileSync(join(traces, "flight-recorder", "pretrain-a", name))),
  );
  expect(dumps).toHaveLength(63);
  expect(dumps.some(({ rank }) => rank === gpu.use!.rank)).toBe(false);
});
