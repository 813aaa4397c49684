/** For tests: Flight Recorder dumps of a job that hangs, or does not. */
import type { DumpEntry, FlightRecorderDump } from "@lockstep/formats/flight-recorder/dump";

/**
 * Of ranks in one group, all of which completed operation 1; those in `entered` entered the second a minute before `atMs` and
 * wait in it.
 */
export function simulatedDumps(ranks: number, entered: readonly number[], atMs: number): FlightRecorderDump[] {
  const all = Array.from({ length: ranks }, (_, rank) => rank);
  const group = { id: "0", name: "0", description: "world", ranks: all, pgId: "0" };
  const entry = (rank: number, seq: number): DumpEntry => ({
    recordId: seq - 1,
    groupName: "0",
    groupDescription: "world",
    pgId: "0",
    backend: "nccl",
    collective: "AllReduce",
    seq,
    p2pSeq: 0,
    opId: seq,
    peer: undefined,
    isP2p: false,
    inputSizes: [[8]],
    inputDtypes: ["Float"],
    outputSizes: [[8]],
    outputDtypes: ["Float"],
    state: seq === 1 ? "completed" : "scheduled",
    createdUs: (atMs - 60_000) * 1000 + rank,
    startedUs: undefined,
    completedUs: undefined,
    retired: seq === 1,
    timeoutMs: undefined,
    durationMs: undefined,
    frames: [],
  });
  return all.map((rank) => {
    const entries = entered.includes(rank) ? [entry(rank, 1), entry(rank, 2)] : [entry(rank, 1)];
    return { file: "", rank, version: "2.9", groups: [group], status: new Map(), entries };
  });
}
