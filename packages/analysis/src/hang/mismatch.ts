import type { DumpEntry } from "@lockstep/formats/flight-recorder/dump";
import type { JobGroup } from "./job-groups.ts";
import type { RankRecord, Recorded } from "./rank-record.ts";
import { comparedSizes, elements } from "./tensor-sizes.ts";
import { isFinishedElsewhere, type Wait } from "./wait.ts";

export type MismatchOf = "operation" | "size" | "type";

export type Mismatch = {
  readonly group: JobGroup;
  readonly p2p: boolean;
  readonly seq: number;
  /** The two ends of a message, else the group. */
  readonly members: readonly number[];
  readonly of: MismatchOf;
  /** What each rank did, by what it did: most ranks first. */
  readonly variants: readonly { readonly text: string; readonly ranks: readonly number[] }[];
  /** Those that differ from a majority; none where there is no majority. */
  readonly odd: readonly number[];
  readonly operation: Recorded;
};

type Side = { readonly rank: number; readonly operation: Recorded };

/**
 * The first operation of each group that hangs in which ranks did not do the same, by the rules of PyTorch's fr_trace:
 * operations pair by their number in the group, and after one mismatch nothing in that group pairs any more. Sizes are
 * compared as numbers of elements, as the shape does not travel. What completed everywhere is no mismatch.
 */
export function mismatches(waits: readonly Wait[], records: ReadonlyMap<number, RankRecord>): Mismatch[] {
  const hanging = new Map<number, JobGroup>();
  for (const wait of waits) if (!wait.p2p && !isFinishedElsewhere(wait)) hanging.set(wait.group.key, wait.group);
  const found: Mismatch[] = [];
  for (const [group, bySeq] of collectivesOf(hanging, records)) {
    for (const seq of [...bySeq.keys()].toSorted((a, b) => a - b)) {
      const mismatch = mismatchIn(group, seq, bySeq.get(seq)!);
      if (mismatch === undefined) continue;
      found.push(mismatch);
      break;
    }
  }
  const pairs = waits.flatMap((wait) => pairMismatch(wait) ?? []);
  return [...found, ...pairs];
}

function collectivesOf(
  groups: ReadonlyMap<number, JobGroup>,
  records: ReadonlyMap<number, RankRecord>,
): Map<JobGroup, Map<number, Side[]>> {
  const found = new Map<JobGroup, Map<number, Side[]>>();
  for (const { rank, operations } of records.values())
    for (const operation of operations) {
      const group = operation.p2p || operation.parts.length === 0 ? undefined : groups.get(operation.group.key);
      if (group === undefined) continue;
      const bySeq = found.get(group) ?? new Map<number, Side[]>();
      found.set(group, bySeq);
      const sides = bySeq.get(operation.seq);
      if (sides === undefined) bySeq.set(operation.seq, [{ rank, operation }]);
      else sides.push({ rank, operation });
    }
  return found;
}

function mismatchIn(group: JobGroup, seq: number, sides: readonly Side[]): Mismatch | undefined {
  if (sides.length < 2) return undefined;
  // Most operations are alike in all of it: told without a text for each rank.
  const [{ operation: first }] = sides as [Side];
  if (sides.every(({ operation }) => operation.completed && isSameCall(operation, first))) return undefined;
  const found = { group, p2p: false, seq, members: group.members };
  const operations = variantsBy(sides, ({ parts }) => parts.map(({ collective }) => collective).join(" + "));
  if (operations !== undefined) return { ...found, of: "operation", ...operations };
  if (sides.every(({ operation }) => operation.completed)) return undefined;
  const types = variantsBy(sides, ({ parts }) => parts.map(typesOf).join(" + "));
  if (types !== undefined) return { ...found, of: "type", ...types };
  if (sides[0]!.operation.collective === "AllToAll") return unbalanced(group, seq, sides);
  const sizes = variantsBy(sides, ({ parts }) => parts.map(comparedSizes).join(" + "));
  return sizes === undefined ? undefined : { ...found, of: "size", ...sizes };
}

function isSameCall(a: Recorded, b: Recorded): boolean {
  return a.parts.length === 1 && b.parts.length === 1 && a.collective === b.collective;
}

/** Roles may leave one side empty (a scatter's input, a gather's output), so only a type that is told is compared. */
function typesOf({ inputDtypes, outputDtypes }: DumpEntry): string {
  return [...new Set([...inputDtypes, ...outputDtypes])].toSorted().join(", ");
}

/** What all send must equal what all receive; without all ranks it cannot be told. */
function unbalanced(group: JobGroup, seq: number, sides: readonly Side[]): Mismatch | undefined {
  if (sides.length < group.members.length) return undefined;
  let sent = 0;
  let received = 0;
  for (const { operation } of sides)
    for (const { inputSizes, outputSizes } of operation.parts) {
      sent += elements(inputSizes);
      received += elements(outputSizes);
    }
  if (sent === received) return undefined;
  const ranks = sides.map(({ rank }) => rank);
  const variants = [{ text: `${sent} elements sent and ${received} received`, ranks }];
  const { members } = group;
  return { group, p2p: false, seq, members, of: "size", variants, odd: [], operation: sides[0]!.operation };
}

function pairMismatch({ p2p, group, seq, waiting, members }: Wait): Mismatch | undefined {
  if (!p2p || waiting.size < 2) return undefined;
  const [from, to] = members as [number, number];
  const [send, recv] = [waiting.get(from)!.parts[0], waiting.get(to)!.parts[0]];
  if (send === undefined || recv === undefined) return undefined;
  const found = { group, p2p: true, seq, members, odd: [], operation: waiting.get(from)! };
  const variants = (sent: string, received: string) => [
    { text: `${sent} sent`, ranks: [from] },
    { text: `${received} received`, ranks: [to] },
  ];
  const [sentType, receivedType] = [send.inputDtypes[0] ?? send.outputDtypes[0], recv.outputDtypes[0]];
  if (sentType !== undefined && receivedType !== undefined && sentType !== receivedType)
    return { ...found, of: "type", variants: variants(sentType, receivedType) };
  const [sent, received] = [elements(send.inputSizes), elements(recv.outputSizes)];
  if (sent === received || send.inputSizes.length === 0 || recv.outputSizes.length === 0) return undefined;
  return { ...found, of: "size", variants: variants(`${sent} elements`, `${received} elements`) };
}

/** undefined where all did the same, or did not say. */
function variantsBy(
  sides: readonly Side[],
  textOf: (operation: Recorded) => string,
): Pick<Mismatch, "variants" | "odd" | "operation"> | undefined {
  const byText = new Map<string, number[]>();
  for (const { rank, operation } of sides) {
    const text = textOf(operation);
    if (text === "") continue;
    const ranks = byText.get(text);
    if (ranks === undefined) byText.set(text, [rank]);
    else ranks.push(rank);
  }
  if (byText.size < 2) return undefined;
  const variants = [...byText]
    .map(([text, ranks]) => ({ text, ranks }))
    .toSorted((a, b) => b.ranks.length - a.ranks.length);
  const told = variants.reduce((sum, { ranks }) => sum + ranks.length, 0);
  const majority = variants[0]!.ranks.length * 2 > told;
  const odd = majority ? variants.slice(1).flatMap(({ ranks }) => ranks) : [];
  return { variants, odd, operation: sides.find(({ rank }) => rank === variants[0]!.ranks[0])!.operation };
}
