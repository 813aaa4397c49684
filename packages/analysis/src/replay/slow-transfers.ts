/** Groups whose transfers take longer than those of groups that move the same: a link, whoever the members are. */
import { median } from "../stats/median.ts";
import { optypeFamily, roleOf } from "./optype-role.ts";
import { excessOf } from "./persistent-excess.ts";
import { leastSlowdown } from "./slow-workers.ts";
import type { WhatIf } from "./what-if.ts";

export type SlowTransfer = {
  readonly optype: string;
  /** "stage 2", "replica 0, stages 1-2"; undefined where it is no one group's. */
  readonly group: string | undefined;
  /** Indexes into the trace's workers. */
  readonly workers: readonly number[];
  /** Median transfer over that of the others of the kind. */
  readonly score: number;
  readonly z: number;
  readonly groupsCompared: number;
  /** Seconds: of the group, and of the others' middle. */
  readonly transferS: number;
  readonly usualS: number;
  readonly slowdown: number;
};

/** As for links (docs/straggler.md). */
const least = { score: 1.2, z: 4 };
/** Transfers that vary without a group to blame are told only where they cost much. */
const leastDiffuse = 1.05;

type Group = { readonly name: string; readonly rows: number[]; readonly workers: Set<number> };

export function slowTransfers(whatIf: WhatIf): SlowTransfer[] {
  const asRecorded = whatIf.stepTime({ seconds: whatIf.recorded });
  const found: SlowTransfer[] = [];
  for (const [optype, groups] of groupsByFamily(whatIf)) {
    const own = slowGroups(whatIf, optype, groups, asRecorded);
    found.push(...own);
    if (own.length > 0) continue;
    const isOptype = whatIf.trace.optypes.map((each) => optypeFamily(each) === optype);
    const slowdown = asRecorded / whatIf.stepTime(whatIf.fixed((row) => isOptype[whatIf.trace.optype[row]!]!));
    if (slowdown >= leastDiffuse) found.push({ ...spread(whatIf, groups), optype, slowdown });
  }
  return found.sort((a, b) => b.slowdown - a.slowdown);
}

function slowGroups(whatIf: WhatIf, optype: string, groups: readonly Group[], asRecorded: number): SlowTransfer[] {
  if (groups.length < 2) return [];
  const byStep = groups.map((group) => stepLevels(whatIf, group));
  const level = byStep.map((values) => median(values));
  const without = (own: number, values: readonly number[]) => median(values.filter((_, other) => other !== own));
  return groups.flatMap((group, own): SlowTransfer[] => {
    const usualS = without(own, level);
    // Most groups are not slow: a look at the middles spares them the rest.
    if (!(level[own]! >= least.score * usualS)) return [];
    const { score, z } = excessOf(
      byStep[own]!.map((value, step) =>
        Math.log(
          value /
            without(
              own,
              byStep.map((values) => values[step]!),
            ),
        ),
      ),
    );
    if (!(score >= least.score && z >= least.z)) return [];
    const seconds = whatIf.recorded.slice();
    for (const row of group.rows) seconds[row]! /= score;
    const slowdown = asRecorded / whatIf.stepTime({ seconds });
    if (slowdown < leastSlowdown) return [];
    const [workers, transferS] = [[...group.workers], level[own]!];
    const groupsCompared = groups.length - 1;
    return [{ optype, group: group.name, workers, score, z, groupsCompared, transferS, usualS, slowdown }];
  });
}

function spread(whatIf: WhatIf, groups: readonly Group[]): Omit<SlowTransfer, "optype" | "slowdown"> {
  const rows = groups.flatMap((group) => group.rows);
  const values = rows.map((row) => whatIf.recorded[row]!).sort((a, b) => a - b);
  const transferS = values[Math.ceil(0.95 * values.length) - 1]!;
  const usualS = median(values);
  const workers = [...new Set(groups.flatMap((group) => [...group.workers]))];
  return { group: undefined, workers, score: transferS / usualS, z: Number.NaN, groupsCompared: 0, transferS, usualS };
}

/** By step: median of the group's transfers, seconds. */
function stepLevels({ trace, recorded }: WhatIf, { rows }: Group): Float64Array {
  const values = trace.steps.map((): number[] => []);
  for (const row of rows) values[trace.step[row]!]!.push(recorded[row]!);
  return Float64Array.from(values, (each) => median(each));
}

/** Groups that move the same amounts in the same way, so that they can be compared: replicas of a pipeline's edge, or stages. */
function groupsByFamily(whatIf: WhatIf): Map<string, Group[]> {
  const { trace, usable } = whatIf;
  const families = new Map<string, Map<string, Group>>();
  for (let row = 0; row < trace.length; row++) {
    const optype = trace.optypes[trace.optype[row]!]!;
    const name = usable[trace.step[row]!] ? groupName(whatIf, row, optype) : undefined;
    if (name === undefined) continue;
    const family = optypeFamily(optype);
    const groups = families.get(family) ?? new Map<string, Group>();
    families.set(family, groups);
    const group = groups.get(name) ?? { name, rows: [], workers: new Set<number>() };
    groups.set(name, group);
    group.rows.push(row);
    group.workers.add(trace.worker[row]!);
  }
  return new Map([...families].map(([family, groups]) => [family, [...groups.values()]]));
}

function groupName({ trace, graph }: WhatIf, row: number, optype: string): string | undefined {
  const role = roleOf(optype);
  if (role.kind === "compute" || role.kind === "local" || graph.group[row]! < 0) return undefined;
  if (role.kind === "collective") {
    if (role.among === "all") return undefined;
    return role.among === "replicas" ? `stage ${trace.stage[row]}` : `replica ${trace.dpRank[row]}`;
  }
  const forward = (role.kind === "send") === (role.direction === "forward");
  const from = forward ? trace.stage[row]! : (trace.stage[row]! + trace.stages - 1) % trace.stages;
  return `replica ${trace.dpRank[row]}, stages ${from}-${(from + 1) % trace.stages}`;
}
