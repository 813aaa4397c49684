/** Why, for a finding of a window: its GPUs' telemetry beside that of GPUs that do the same work. */
import { type CauseVerdict, causeOf } from "@lockstep/analysis/cause/cause-of";
import type { JobWindow, Rank } from "@lockstep/analysis/straggler/job-window";
import type { RankNumbering } from "@lockstep/analysis/topology/job-topology";
import type { Finding } from "@lockstep/schemas/domain/finding";
import { MAX_GPUS } from "@lockstep/schemas/queries/gpu-windows";
import type { Store } from "@lockstep/store/client";
import { gpuBaseline } from "./gpu-baseline.ts";
import { gpuTelemetry, type TimeRange } from "./gpu-telemetry.ts";

/** What of a window tells who is who. */
export type Cast = Pick<JobWindow, "ranks" | "communicators"> & {
  /** Where the ranks' numbers are ours, those of dumps are others. */
  readonly numbering: RankNumbering;
};

const maxSuspects = 48;

export async function findingCause(
  store: Pick<Store, "read">,
  finding: Finding,
  cast: Cast,
  range: TimeRange,
  signal: AbortSignal,
): Promise<CauseVerdict> {
  const suspects = spreadOut(suspectsOf(finding, cast), maxSuspects);
  const peers = spreadOut(peersOf(finding, suspects, cast), MAX_GPUS - suspects.length);
  const [windows, baseline] = await Promise.all([
    gpuTelemetry(store, [...suspects, ...peers], range, signal),
    gpuBaseline(store, suspects, range.fromMs, signal),
  ]);
  return causeOf(finding, windows.slice(0, suspects.length), windows.slice(suspects.length), baseline);
}

/** Ranks the finding names; all, where it speaks of the whole job. */
function suspectsOf({ rank, ranks, communicator, kind, node }: Finding, cast: Cast): readonly Rank[] {
  const named = rank === undefined ? (ranks ?? membersOf(communicator, cast)) : [rank];
  const chosen = new Set(named);
  const found = cast.ranks.filter((one) => chosen.has(one.rank));
  if (found.length > 0 || named.length > 0) return found;
  return kind === "slow_node" || kind === "slow_link"
    ? cast.ranks.filter((one) => one.node !== undefined && one.node === node)
    : cast.ranks;
}

function membersOf(communicator: string | undefined, { communicators, ranks }: Cast): number[] {
  const members = communicators.find(({ id }) => id === communicator)?.members ?? new Int32Array(0);
  return Array.from(members).flatMap((index) => ranks[index]?.rank ?? []);
}

/** Those who do the suspects' work on other data; where nobody does, and for a stage or a link, everybody else. */
function peersOf({ kind }: Finding, suspects: readonly Rank[], { ranks, communicators }: Cast): Rank[] {
  const suspected = new Set(suspects.map(({ rank }) => rank));
  const others = ranks.filter(({ rank }) => !suspected.has(rank));
  if (kind !== "slow_rank" && kind !== "slow_node") return others;
  const same = new Set<number>();
  for (const communicator of communicators) {
    if (communicator.kind !== "DP") continue;
    const members = Array.from(communicator.members).flatMap((index) => ranks[index]?.rank ?? []);
    if (members.some((rank) => suspected.has(rank))) for (const rank of members) same.add(rank);
  }
  const peers = others.filter(({ rank }) => same.has(rank));
  return peers.length > 0 ? peers : others;
}

function spreadOut<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, i) => all[Math.floor((i * all.length) / most)]!);
}
