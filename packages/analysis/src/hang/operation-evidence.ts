import type { Evidence } from "@lockstep/schemas/domain/finding";
import { median } from "../stats/median.ts";
import type { HangState } from "./judge-hang.ts";
import { rankList } from "./rank-list.ts";
import type { Progress } from "./rank-record.ts";
import { sizesText } from "./tensor-sizes.ts";
import type { Wait } from "./wait.ts";

/** "AllToAll 44791 of EXPERT_MODEL_PARALLEL_GROUP (72)". */
export function operationText({ collective, seq, group, p2p, members }: Wait): string {
  const name = collective === "?" ? "operation" : collective;
  if (!p2p || members.length !== 2) return `${name} ${seq} of ${group.label}`;
  return `the message ${seq} from rank ${members[0]} to rank ${members[1]} of ${group.label}`;
}

/** What the wait is about, who is in it, and how far `rank` came against the others. */
export function waitEvidence(wait: Wait, rank: number | undefined, state: HangState): Evidence[] {
  const { waiting, collective, seq, missing, unknown } = wait;
  const [entry] = [...waiting.values()].flatMap(({ parts }) => parts);
  const found: Evidence[] = [
    { what: "operation", value: collective, unit: "" },
    { what: "sequence number", value: seq, unit: "" },
  ];
  const size = sizesText(entry?.inputSizes ?? []);
  if (size !== "") found.push({ what: "input size", value: size, unit: "" });
  const type = entry?.inputDtypes[0];
  if (type !== undefined) found.push({ what: "element type", value: type, unit: "" });
  found.push({ what: "ranks waiting in it", value: rankList(waiting.keys()), unit: "" });
  if (missing.length > 0) found.push({ what: "ranks that never entered", value: rankList(missing), unit: "" });
  if (unknown.length > 0) found.push({ what: "ranks that do not tell", value: rankList(unknown), unit: "" });
  if (rank !== undefined) found.push(...progressEvidence(wait, rank, state));
  return found;
}

function progressEvidence(wait: Wait, rank: number, state: HangState): Evidence[] {
  const others = wait.members.filter((member) => member !== rank);
  const rows: [string, (progress: Progress) => number | undefined][] = [
    ["last entered in the group", ({ entered }) => entered],
    ["last completed in the group", ({ completed }) => completed],
  ];
  return rows.flatMap(([what, read]) => {
    const own = numberOf(state, wait, rank, read);
    if (own === undefined) return [];
    const peers = others.flatMap((member) => numberOf(state, wait, member, read) ?? []).toSorted((a, b) => a - b);
    if (peers.length === 0) return [{ what, value: own, unit: "" }];
    return [{ what, value: own, unit: "", peers: { median: median(peers), low: peers[0]!, high: peers.at(-1)! } }];
  });
}

function numberOf(
  { records }: HangState,
  { group, p2p }: Wait,
  rank: number,
  read: (progress: Progress) => number | undefined,
): number | undefined {
  const progress = records.get(rank)?.progress.get(group.key);
  return progress === undefined ? undefined : read(p2p ? progress.p2p : progress.collectives);
}
