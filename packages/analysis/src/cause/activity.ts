/** What the GPU did meanwhile: it waited for its host, it had more to work on, or it worked for somebody else too. */
import type { Evidence } from "@lockstep/schemas/domain/finding";
import { clockReasonBit } from "../gpu/clock-reasons.ts";
import type { CauseRow, Suspicion } from "./cause-row.ts";
import { clockIsLow, shareOfReason, smClock } from "./clocks.ts";
import { above, compare, evidenceOf, type Quantity } from "./compare.ts";

/** Ten points less active than the peers is starved. */
const idlerBy = 0.1;
/**
 * Telemetry is of whole steps, and a rank works in a part of them only: half of those ten points do where the clocks' own
 * reason says idle for as much longer than the peers', which two counters do not do by chance.
 */
const idlerByTwoCounters = 0.05;
/** Shares of time of the host's own quantities, beyond the peers', that count as waiting. */
const hostWaitBy = 0.05;
const workFollowsLength = 0.9;
/** Points by which memory must be busier and the tensor cores idler than the peers'. */
const contendedBy = 0.05;

const grEngine: Quantity = ({ grEngineActive }) => grEngineActive;
const sm: Quantity = ({ smActive }) => smActive;
const dram: Quantity = ({ dramActive }) => dramActive;
const tensor: Quantity = ({ tensorActive }) => tensorActive;
const dataLoader: Quantity = ({ dataLoaderShare }) => dataLoaderShare;
const steal: Quantity = ({ cpuStealShare }) => cpuStealShare;

const against = ({ suspect, peers }: Suspicion, quantity: Quantity) => compare(quantity, suspect, peers);

/** NaN where one of the sides is not known, so that no comparison with it holds. */
function beyondPeers(suspicion: Suspicion, quantity: Quantity): number {
  const compared = against(suspicion, quantity);
  return compared.peers === undefined ? Number.NaN : (above(compared) ?? Number.NaN);
}

/** Idle while its peers, who wait for it inside collectives, show as active. */
export const cpuStarved: CauseRow = (suspicion) => {
  if (clockIsLow(suspicion)) return undefined;
  const lessActive = Math.max(-beyondPeers(suspicion, grEngine) || 0, -beyondPeers(suspicion, sm) || 0);
  const idleLonger = beyondPeers(suspicion, shareOfReason(clockReasonBit.idle));
  const idler = lessActive >= idlerBy || (lessActive >= idlerByTwoCounters && idleLonger >= idlerByTwoCounters);
  const hostWaits = beyondPeers(suspicion, dataLoader) >= hostWaitBy || beyondPeers(suspicion, steal) >= hostWaitBy;
  const idleSeen = shareOfReason(clockReasonBit.idle)(suspicion.suspect);
  // Where reasons were read and "idle" was none of them, less activity alone does not say who is late.
  if (!hostWaits && !(idler && (idleSeen === undefined || idleSeen > 0))) return undefined;
  const sure = idler && (hostWaits || (idleSeen ?? 0) > 0);
  return {
    code: "cpu_starved",
    text: "the GPU waits for its host: data loading, garbage collection, or a CPU taken by others",
    confidence: sure ? "high" : "medium",
    evidence: activityEvidence(suspicion),
  };
};

export const longerSequences: CauseRow = (suspicion) => {
  const { workCorrelation } = suspicion.suspect;
  if (workCorrelation === undefined || !(workCorrelation >= workFollowsLength)) return undefined;
  if (beyondPeers(suspicion, sm) <= -idlerBy) return undefined;
  return {
    code: "sequence_length",
    text: "the rank's time follows the length of its sequences: batches are uneven, the GPU is fine",
    confidence: "high",
    evidence: [
      { what: "correlation of self time with tokens or squared lengths", value: workCorrelation, unit: "" },
      ...activityEvidence(suspicion),
    ],
  };
};

export const contended: CauseRow = (suspicion) => {
  const others = suspicion.suspect.otherProcesses;
  if (others === undefined || !(others > 0)) return undefined;
  const busyMemory = beyondPeers(suspicion, dram) >= contendedBy;
  const idleTensor = beyondPeers(suspicion, tensor) <= -contendedBy;
  // A foreign process alone (a monitor, a debugger) slows nobody by being there.
  if (!busyMemory && !idleTensor) return undefined;
  return {
    code: "contention",
    text: "another process uses the same GPU",
    confidence: busyMemory && idleTensor ? "high" : "medium",
    evidence: [
      { what: "processes on the GPU that are not the job's", value: others, unit: "processes" },
      ...activityEvidence(suspicion),
    ],
  };
};

export function activityEvidence(suspicion: Suspicion): Evidence[] {
  const share = (what: string, quantity: Quantity) => evidenceOf(what, "%", against(suspicion, quantity), 100);
  return [
    ...evidenceOf("SM clock", "MHz", against(suspicion, smClock)),
    ...share("graphics engine active", grEngine),
    ...share("SM active", sm),
    ...share("tensor cores active", tensor),
    ...share("memory active", dram),
    ...share("clock reason idle, share of the samples", shareOfReason(clockReasonBit.idle)),
    ...share("waiting for the data loader, share of the step", dataLoader),
    ...share("CPU time taken by others on the host", steal),
  ];
}
