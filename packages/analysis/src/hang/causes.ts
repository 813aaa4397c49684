import type { Cause } from "@lockstep/schemas/domain/finding";
import type { Blameless, Culprit } from "./culprits.ts";
import type { HangState } from "./judge-hang.ts";

/** What is likely behind it, as far as dumps carry it: they see the CPU's side, and of the GPU only what it did not finish. */
export function culpritCause({ rank, reason }: Culprit, { graph, records }: HangState): Cause {
  const behind = graph.behind.get(rank)?.length ?? 0;
  switch (reason) {
    case "never_entered":
      return behind > 0 ? stoppedGpu(behind) : neverEntered;
    case "gpu_stopped":
      return stoppedGpu(behind);
    case "dump_missing":
      return records.has(rank) ? untold : dumpMissing;
    case "stopped_early":
      return stoppedEarly;
    case "gpu_not_started":
      return notStarted;
    case "inside_call":
      return insideCall;
  }
}

export function blamelessCause(reason: Blameless["reason"]): Cause {
  switch (reason) {
    case "communication":
      return communication;
    case "ordering":
      return ordering;
    case "dumps_missing":
      return dumpsMissing;
  }
}

function stoppedGpu(behind: number): Cause {
  return {
    code: "gpu_stopped",
    text: `it has not finished ${behind} ${behind === 1 ? "operation" : "operations"} that its peers finished, and then entered nothing more: its GPU failed or stopped; look for an XID there`,
  };
}

const neverEntered: Cause = {
  code: "never_entered",
  text: "it completed what it entered and waits for nobody: its process is held up outside communication (data loading, checkpoint, CPU) or ended by an exception; take its stack",
};
const dumpMissing: Cause = {
  code: "dump_missing",
  text: "it gave no dump: its process probably crashed or was killed, or its node is gone",
};
const untold: Cause = {
  code: "not_recorded",
  text: "its dump holds nothing of this group, and everybody else entered: it probably never did",
};
const stoppedEarly: Cause = {
  code: "stopped_early",
  text: "it stopped where its peers, waiting for the same, went on: an error of its GPU that reached its process, or a process held up",
};
const notStarted: Cause = {
  code: "gpu_not_started",
  text: "its GPU is still busy with, or stuck in, work before this operation",
};
const insideCall: Cause = {
  code: "inside_call",
  text: "its process is inside the communication library: setting up the communicator, or launching",
};
const communication: Cause = {
  code: "communication",
  text: "every rank entered: the network, a link or a GPU stopped, or start times were not recorded that could tell which",
};
const ordering: Cause = {
  code: "ordering_deadlock",
  text: "the program enters operations of different groups in an order that differs between ranks",
};
const dumpsMissing: Cause = {
  code: "dumps_missing",
  text: "most of the group gave no dump, so it cannot be told who of them did not enter; collect the dumps of all ranks",
};
