import { count } from "../format/number.ts";
import { formatUnit } from "../format/unit.ts";
import { isThermal, reasonsIn } from "./clock-reasons.ts";
import { fullName, type Gpu, gpuPath, nodePath } from "./gpu.ts";
import { xidWords } from "./xid.ts";

/** Something that wants a look: a sentence, since when, and where to go. */
export type Attention = {
  readonly id: string;
  readonly severity: "critical" | "warning";
  readonly kind: "down" | "xid" | "throttled";
  readonly text: string;
  readonly href: string;
  /** Unix ms; null: not known. */
  readonly sinceMs: number | null;
  /** It began earlier than `sinceMs`. */
  readonly earlier: boolean;
};

export type Since = { readonly sinceMs: number; readonly earlier: boolean };

/** The worst first; GPUs of one node that are down together are one line. */
export function attentionList(gpus: readonly Gpu[], since: ReadonlyMap<string, Since>): Attention[] {
  const byNode = Map.groupBy(gpus, (gpu) => gpu.node);
  const down = [...byNode].flatMap(([node, members]) => downOf(node, members, since));
  const faults = gpus
    .filter((gpu) => gpu.state === "xid" || gpu.state === "throttled")
    .flatMap((gpu) => faultsOf(gpu, gpus, since));
  const rank = { down: 0, xid: 1, throttled: 2 };
  return [...down, ...faults].sort((a, b) => rank[a.kind] - rank[b.kind] || (b.sinceMs ?? 0) - (a.sinceMs ?? 0));
}

function downOf(node: string, members: readonly Gpu[], since: ReadonlyMap<string, Since>): Attention[] {
  const down = members.filter((gpu) => gpu.state === "down");
  const first = down[0];
  if (first === undefined) return [];
  if (down.length === 1 || down.length < members.length) {
    return down.map((gpu) => ({
      id: `down ${gpu.key}`,
      severity: "critical",
      kind: "down",
      text: `${fullName(gpu)} is down: ${gpu.why ?? "no sample"}`,
      href: gpuPath(gpu.key),
      ...sinceOf(since.get(`down ${gpu.key}`)),
    }));
  }
  return [
    {
      id: `down node ${node}`,
      severity: "critical",
      kind: "down",
      text: `${node} is down with all of its ${count(down.length, "GPU")}: ${first.why ?? "no sample"}`,
      href: nodePath(node),
      ...sinceOf(since.get(`down ${first.key}`)),
    },
  ];
}

function faultsOf(gpu: Gpu, gpus: readonly Gpu[], since: ReadonlyMap<string, Since>): Attention[] {
  const found: Attention[] = [];
  const { xid, clockReasons } = gpu.values;
  if (xid !== undefined && xid !== 0) {
    found.push({
      id: `xid ${gpu.key}`,
      severity: "critical",
      kind: "xid",
      text: `${fullName(gpu)} reports ${xidWords(xid)}`,
      href: gpuPath(gpu.key),
      ...sinceOf(since.get(`xid ${gpu.key}`)),
    });
  }
  if (isThermal(clockReasons)) {
    found.push({
      id: `throttled ${gpu.key}`,
      severity: "warning",
      kind: "throttled",
      text: throttledText(gpu, gpus),
      href: gpuPath(gpu.key),
      ...sinceOf(since.get(`throttled ${gpu.key}`)),
    });
  }
  return found;
}

function throttledText(gpu: Gpu, gpus: readonly Gpu[]): string {
  const facts: string[] = [];
  if (gpu.values.temperature !== undefined) facts.push(formatUnit(gpu.values.temperature, "celsius"));
  if (gpu.values.smClock !== undefined) {
    const peers = peersClock(gpu, gpus);
    const against = peers === null ? "" : ` vs peers' ${formatUnit(peers, "megahertz")}`;
    facts.push(`SM clock ${formatUnit(gpu.values.smClock, "megahertz")}${against}`);
  }
  if (facts.length === 0)
    facts.push(
      reasonsIn(gpu.values.clockReasons ?? 0)
        .map((reason) => reason.words)
        .join(", "),
    );
  return `${fullName(gpu)} is thermally throttled: ${facts.join(", ")}`;
}

/** Median SM clock, MHz, of healthy GPUs doing the same: of its pod's namespace and model, else of its node; null if none. */
export function peersClock(gpu: Gpu, gpus: readonly Gpu[]): number | null {
  const isPeer = (other: Gpu) => other.key !== gpu.key && other.state === "ok" && other.model === gpu.model;
  const working =
    gpu.namespace === null ? [] : gpus.filter((other) => isPeer(other) && other.namespace === gpu.namespace);
  const peers = working.length >= 2 ? working : gpus.filter((other) => isPeer(other) && other.node === gpu.node);
  return median(peers.flatMap((other) => (other.values.smClock === undefined ? [] : [other.values.smClock])));
}

export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) return null;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

function sinceOf(since: Since | undefined): { sinceMs: number | null; earlier: boolean } {
  return since === undefined ? { sinceMs: null, earlier: false } : since;
}
