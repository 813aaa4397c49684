import { count } from "../format/number.ts";
import { type Gpu, isIdle, isSeen } from "./gpu.ts";

export type FleetSummary = {
  readonly known: number;
  readonly up: number;
  readonly down: number;
  /** Neither up nor down: not scraped yet by a collector that has just started. */
  readonly waiting: number;
  readonly throttled: number;
  readonly xid: number;
  /** Mean over the GPUs that report it, percent; null: none does. */
  readonly utilisation: number | null;
  readonly utilisationOf: number;
  readonly powerWatts: number | null;
  readonly powerOf: number;
  readonly idle: number | null;
  /** Of the idle ones, those that a pod holds. */
  readonly idleAllocated: number;
  readonly hottest: { readonly key: string; readonly celsius: number } | null;
};

/** MIG slices are parts of a GPU that is counted already, unless only its slices report. */
export function physicalGpus(gpus: readonly Gpu[]): Gpu[] {
  const whole = new Set(gpus.filter((gpu) => gpu.instanceId === null).map((gpu) => gpu.uuid));
  const seen = new Set<string>();
  return gpus.filter((gpu) => {
    if (gpu.instanceId === null) return true;
    if (whole.has(gpu.uuid) || seen.has(gpu.uuid)) return false;
    seen.add(gpu.uuid);
    return true;
  });
}

export function summarise(all: readonly Gpu[]): FleetSummary {
  const gpus = physicalGpus(all);
  const down = gpus.filter((gpu) => gpu.state === "down").length;
  const waiting = gpus.filter((gpu) => gpu.state === "waiting").length;
  const utilisations = defined(gpus.map((gpu) => gpu.values.utilisation));
  const powers = defined(gpus.map((gpu) => gpu.values.power));
  const idle = gpus.filter((gpu) => isIdle(gpu) === true);
  const idleKnown = gpus.some((gpu) => isIdle(gpu) !== null);
  return {
    known: gpus.length,
    up: gpus.length - down - waiting,
    down,
    waiting,
    throttled: gpus.filter((gpu) => isSeen(gpu) && ((gpu.values.clockReasons ?? 0) & 0x60) !== 0).length,
    xid: gpus.filter((gpu) => gpu.state === "xid").length,
    utilisation: utilisations.length === 0 ? null : sum(utilisations) / utilisations.length,
    utilisationOf: utilisations.length,
    powerWatts: powers.length === 0 ? null : sum(powers),
    powerOf: powers.length,
    idle: idleKnown ? idle.length : null,
    idleAllocated: idle.filter((gpu) => gpu.pod !== null).length,
    hottest: hottestOf(gpus),
  };
}

function hottestOf(gpus: readonly Gpu[]): FleetSummary["hottest"] {
  let best: { key: string; celsius: number } | null = null;
  for (const gpu of gpus) {
    const celsius = gpu.values.temperature;
    if (celsius !== undefined && (best === null || celsius > best.celsius)) best = { key: gpu.key, celsius };
  }
  return best;
}

function defined(values: readonly (number | undefined)[]): number[] {
  return values.filter((value) => value !== undefined);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function shareOf(number: number, known: number): string {
  if (number < known) return `${number} of ${count(known, "GPU")}`;
  return known === 1 ? "The only GPU" : `All ${count(known, "GPU")}`;
}

/** The page's answer in one sentence. */
export function headline(summary: FleetSummary): string {
  const { known, up, down, throttled, xid, waiting } = summary;
  if (known === 0) return "No GPU has been seen in the last 24 hours.";
  if (down + throttled + xid === 0 && waiting > 0)
    return `${up} of ${count(known, "GPU")} ${up === 1 ? "is" : "are"} up; the rest is not scraped yet.`;
  const all = known === 1 ? "The only GPU is up" : `All ${count(known, "GPU")} are up`;
  if (down + throttled + xid === 0) return `${all}; none is throttled.`;
  const be = (number: number) => (number === 1 ? "is" : "are");
  const wrong = [
    { number: down, words: `${be(down)} down` },
    { number: throttled, words: `${be(throttled)} thermally throttled` },
    { number: xid, words: xid === 1 ? "reports an XID error" : "report an XID error" },
  ].filter(({ number }) => number > 0);
  const clauses = wrong.map(({ number, words }, index) =>
    index === 0 ? `${shareOf(number, known)} ${words}` : `${number} ${words}`,
  );
  return `${clauses.join(", ")}.`;
}
