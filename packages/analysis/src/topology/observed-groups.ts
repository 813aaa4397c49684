/** What step rows say of processes and communicators, gathered. */
import type { GroupKind } from "@lockstep/schemas/domain/operation";
import type { StepRow } from "../fold/step-row.ts";

export type ObservedProcess = {
  readonly process: string;
  node: string | undefined;
  jobRank: number | undefined;
  /** Communicator -> rank in it. */
  readonly groups: Map<string, number>;
};

export type ObservedGroup = {
  readonly id: string;
  kind: GroupKind;
  size: number;
  readonly processes: Map<number, string>;
  members: readonly number[] | undefined;
  /** Operations and rows of it that were folded: their quotient is the rate. */
  collectives: number;
  rows: number;
  pairs: boolean;
};

export type Observed = {
  readonly processes: Map<string, ObservedProcess>;
  readonly groups: Map<string, ObservedGroup>;
};

export function observe(rows: Iterable<StepRow>): Observed {
  const processes = new Map<string, ObservedProcess>();
  const groups = new Map<string, ObservedGroup>();
  let group: ObservedGroup | undefined;
  let process: ObservedProcess | undefined;
  for (const row of rows) {
    if (process?.process !== row.process) process = processOf(processes, row);
    if (group?.id !== row.communicator) group = groupOf(groups, row);
    if (row.peer === undefined) {
      group.collectives += row.count;
      group.rows++;
    } else {
      group.pairs = true;
    }
    if (process.groups.get(row.communicator) === row.rank) continue;
    // A restarted process takes the place of the one before.
    group.processes.set(row.rank, row.process);
    process.groups.set(row.communicator, row.rank);
    process.jobRank ??= row.jobRank ?? row.members?.[row.rank];
    process.node ??= row.node;
    group.members ??= row.members;
    if (group.kind === "?") group.kind = row.kind;
  }
  for (const one of processes.values()) {
    if ([...one.groups].every(([id, rank]) => groups.get(id)!.processes.get(rank) !== one.process)) {
      processes.delete(one.process);
    }
  }
  return { processes, groups };
}

function processOf(processes: Map<string, ObservedProcess>, { process, node, jobRank }: StepRow): ObservedProcess {
  const known = processes.get(process);
  if (known) return known;
  const added = { process, node, jobRank, groups: new Map<string, number>() };
  processes.set(process, added);
  return added;
}

function groupOf(groups: Map<string, ObservedGroup>, row: StepRow): ObservedGroup {
  const known = groups.get(row.communicator);
  if (known) return known;
  const added: ObservedGroup = {
    id: row.communicator,
    kind: row.kind,
    size: row.size,
    processes: new Map(),
    members: row.members,
    collectives: 0,
    rows: 0,
    pairs: false,
  };
  groups.set(row.communicator, added);
  return added;
}
