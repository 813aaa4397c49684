/** The cluster and its training jobs in virtual time: what a scenario leaves in files, without files. */

import type { FlightRecorderDump } from "@lockstep/formats/flight-recorder/dump";
import { readFlightRecorder } from "@lockstep/formats/flight-recorder/read-flight-recorder";
import { InspectorReader } from "@lockstep/formats/inspector/inspector-reader";
import type { Operation } from "@lockstep/schemas/domain/operation";
import { describeCluster } from "../model/cluster.ts";
import type { PlantedFault } from "../model/faults.ts";
import { DEFAULT_LAYOUT } from "../model/layout.ts";
import { LiveSimulation } from "../model/live.ts";
import { Simulation } from "../model/simulation.ts";
import { TrainingFleet } from "../training/fleet.ts";
import { InspectorLines } from "../training/inspector-line.ts";
import { processOf } from "../training/job-run.ts";

export const cluster = describeCluster(DEFAULT_LAYOUT);

export type VirtualRun = {
  readonly operations: readonly Operation[];
  readonly dumps: readonly FlightRecorderDump[];
  /** When the dumps were written, microseconds since 1970. */
  readonly dumpedAtUs: number;
  readonly gpus: ReadonlyMap<string, string>;
};

export type VirtualRunOptions = {
  readonly seed: number;
  readonly startMs: number;
  readonly faults: readonly PlantedFault[];
  readonly job: string;
  /** Operations are kept from here on. */
  readonly fromMs: number;
  readonly untilMs: number;
};

export function virtualRun({ seed, startMs, faults, job, fromMs, untilMs }: VirtualRunOptions): VirtualRun {
  const simulation = new Simulation(cluster, seed, faults, startMs);
  const live = new LiveSimulation(simulation, () => {});
  const operations: Operation[] = [];
  const dumps: FlightRecorderDump[] = [];
  const gpus = new Map<string, string>();
  let dumpedAtUs = Number.NaN;
  let nowMs = startMs;
  const fleet = new TrainingFleet({
    cluster,
    seed,
    faults,
    startMs,
    onXid: () => {},
    outputOf: ({ name }, named) => {
      let writer: InspectorLines;
      // One for each process, as for its file.
      const readers = new Map<number, InspectorReader>();
      const readerOf = (rank: number) => {
        const known = readers.get(rank) ?? openReader(name, operations);
        readers.set(rank, known);
        return known;
      };
      return {
        begin: (run) => {
          writer = new InspectorLines(run, named);
          if (name === job) for (const [rank, gpu] of run.job.gpus.entries()) gpus.set(processOf(run, rank), gpu.uuid);
        },
        operations: (done) => {
          if (name !== job || nowMs < fromMs) return;
          for (const [rank, own] of Map.groupBy(done, (operation) => operation.rank)) {
            readerOf(rank).push(Buffer.from(own.map((operation) => writer.line(operation, nowMs)).join("")));
          }
        },
        dump: (run, recorder, gone) => {
          dumpedAtUs = nowMs * 1000;
          for (const rank of run.job.gpus.keys()) {
            if (!gone.includes(rank)) dumps.push(readFlightRecorder(`rank_${rank}`, recorder.dump(rank)));
          }
        },
      };
    },
  });
  for (; nowMs < untilMs; nowMs += 1000) fleet.advance(nowMs, live.at(nowMs));
  return { operations, dumps, dumpedAtUs, gpus };
}

function openReader(job: string, operations: Operation[]): InspectorReader {
  return new InspectorReader({
    job,
    onRecord: ({ operation }) => operations.push(operation),
    onProblem: (problem) => {
      throw new Error(JSON.stringify(problem));
    },
  });
}
