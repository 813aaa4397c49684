/** The topology of a job from its step rows, and from whatever else tells of it. */

import { groupKindOfName } from "@lockstep/formats/collective-lines/group-kind-of-name";
import type { GroupKind } from "@lockstep/schemas/domain/operation";
import type { StepRow } from "../fold/step-row.ts";
import { groupKinds } from "./group-kinds.ts";
import type { JobTopology, RankNumbering, TopologyGroup, TopologyRank } from "./job-topology.ts";
import { type Observed, type ObservedProcess, observe } from "./observed-groups.ts";

/** All win over what is inferred. */
export type TopologyHints = {
  /** Of a topology file: by process where it names one, else by rank. */
  readonly ranks?: readonly {
    readonly rank: number;
    readonly process?: string | undefined;
    readonly node?: string | undefined;
    readonly gpu?: string | undefined;
  }[];
  /** Communicator -> the name that training code gave it. */
  readonly names?: ReadonlyMap<string, string>;
  /** Process -> GPU UUID, by attribution. */
  readonly gpus?: ReadonlyMap<string, string>;
  /** Communicator -> process by rank in it, by NCCL's RAS: also of members that traces are silent of. */
  readonly members?: ReadonlyMap<string, ReadonlyMap<number, string>>;
};

/** `rows` of one job; one step of all ranks is enough, 20 are better for the rates that tell groups apart. */
export function inferTopology(rows: Iterable<StepRow>, hints: TopologyHints = {}): JobTopology {
  let job = "";
  const observed = observe(tap(rows, (row) => (job = row.job)));
  addHints(observed, hints);
  const { ranks, numbering } = numbered(observed, hints);
  const kinds = groupKinds(observed);
  const groups = new Map<string, TopologyGroup>();
  for (const { id, size, processes } of observed.groups.values()) {
    groups.set(id, { id, kind: kinds.get(id)!, processes: Array.from({ length: size }, (_, i) => processes.get(i)) });
  }
  return { job, ranks, numbering, groups };
}

function* tap(rows: Iterable<StepRow>, see: (row: StepRow) => void): Iterable<StepRow> {
  for (const row of rows) {
    see(row);
    yield row;
  }
}

function addHints(observed: Observed, { names, members }: TopologyHints): void {
  for (const [id, name] of names ?? []) {
    const group = observed.groups.get(id);
    const kind: GroupKind = groupKindOfName(name);
    if (group && kind !== "?") group.kind = kind;
  }
  for (const [id, processes] of members ?? []) {
    const group = observed.groups.get(id);
    if (!group) continue;
    for (const [rank, process] of processes) {
      if (!observed.processes.has(process) || group.processes.has(rank) || rank >= group.size) continue;
      group.processes.set(rank, process);
      observed.processes.get(process)!.groups.set(id, rank);
    }
  }
}

function numbered(observed: Observed, hints: TopologyHints): { ranks: TopologyRank[]; numbering: RankNumbering } {
  const byProcess = new Map(
    (hints.ranks ?? []).flatMap((hint) => (hint.process ? [[hint.process, hint] as const] : [])),
  );
  const processes = [...observed.processes.values()];
  const told = processes.map((one) => byProcess.get(one.process)?.rank ?? one.jobRank);
  const { rankOf, numbering } = numbersOf(processes, told, observed);
  const byRank = new Map((hints.ranks ?? []).flatMap((hint) => (hint.process ? [] : [[hint.rank, hint] as const])));
  const ranks = processes.map((one, index): TopologyRank => {
    const rank = rankOf[index]!;
    const hint = byProcess.get(one.process) ?? byRank.get(rank);
    const gpu = hint?.gpu ?? hints.gpus?.get(one.process);
    return { rank, process: one.process, node: hint?.node ?? one.node, gpu };
  });
  return { ranks: ranks.sort((a, b) => a.rank - b.rank), numbering };
}

function numbersOf(
  processes: readonly ObservedProcess[],
  told: readonly (number | undefined)[],
  observed: Observed,
): { rankOf: readonly number[]; numbering: RankNumbering } {
  if (isNumbering(told)) return { rankOf: told, numbering: "told" };
  const ofAll = [...observed.groups.values()].filter((group) => group.size >= processes.length && group.size > 1);
  ofAll.sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const { id } of ofAll) {
    const places = processes.map(({ groups }) => groups.get(id));
    if (isNumbering(places)) return { rankOf: places, numbering: "communicator" };
  }
  const inOrder = [...processes].sort((a, b) => byName(a.process, b.process));
  const place = new Map(inOrder.map(({ process }, rank) => [process, rank]));
  return { rankOf: processes.map(({ process }) => place.get(process)!), numbering: "ours" };
}

function isNumbering(ranks: readonly (number | undefined)[]): ranks is readonly number[] {
  return !ranks.includes(undefined) && new Set(ranks).size === ranks.length;
}

const collator = new Intl.Collator("en", { numeric: true });

function byName(a: string, b: string): number {
  return collator.compare(a, b);
}
