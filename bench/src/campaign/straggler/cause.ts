/** The cause that the product names for a finding, from what the job's GPUs said at the same time. */
import { causeOf } from "@lockstep/analysis/cause/cause-of";
import type { JobWindow } from "@lockstep/analysis/straggler/job-window";
import type { Finding } from "@lockstep/schemas/domain/finding";
import { type Layout, rankAt, rankCount, stageOf } from "./layout.ts";
import type { Scenario } from "./scenario.ts";
import { baseline, telemetryOf } from "./telemetry.ts";

/** The code. */
export function causeNamed(finding: Finding, scenario: Scenario, window: JobWindow): string {
  const gpus = telemetryOf(scenario, {
    firstStep: window.firstStep,
    steps: window.steps,
    seconds: window.stepTime.subarray(0, window.steps).reduce((sum, us) => sum + us, 0) / 1e6,
    endedAt: window.endedAt[window.steps - 1]!,
  });
  const suspects = suspectsOf(finding, scenario);
  const peers = peersOf(finding, suspects, scenario.layout);
  const of = (ranks: readonly number[]) => ranks.map((rank) => gpus[rank]!);
  return causeOf(finding, of(suspects), of(peers), baseline).cause.code;
}

function everyRank(layout: Layout): number[] {
  return Array.from({ length: rankCount(layout) }, (_, rank) => rank);
}

/** Job ranks that the finding names; all, where it speaks of the whole job. */
function suspectsOf({ rank, ranks, communicator }: Finding, { layout, groups }: Scenario): readonly number[] {
  if (rank !== undefined) return [rank];
  return ranks ?? groups.all.find(({ id }) => id === communicator)?.members ?? everyRank(layout);
}

/** Those who do the suspects' work on other data; for a stage or a link everybody else. */
function peersOf({ kind }: Finding, suspects: readonly number[], layout: Layout): number[] {
  const suspected = new Set(suspects);
  if (kind !== "slow_rank" && kind !== "slow_node") return everyRank(layout).filter((rank) => !suspected.has(rank));
  const peers = new Set<number>();
  for (const suspect of suspects) {
    for (let replica = 0; replica < layout.data; replica++) {
      const peer = rankAt(layout, stageOf(layout, suspect), replica, suspect % layout.tensor);
      if (!suspected.has(peer)) peers.add(peer);
    }
  }
  return [...peers];
}
