/** What each GPU costs and when: price rules, and reservations that are paid whether they are used or not. */
import { type RateStretch, rateLine } from "./rate-line.ts";

export type Capacity = "on_demand" | "reserved" | "spot";

/** Absent: any. All that are given must hold. */
export type PriceSelector = {
  /** A word of the model's name as DCGM tells it, whatever the case: "H100" holds for "NVIDIA H100 80GB HBM3", "L4" not for "L40S". */
  readonly gpu?: string;
  readonly region?: string;
  readonly capacity?: Capacity;
  /** Labels of the node. */
  readonly node?: ReadonlyMap<string, string>;
};

export type PriceRule = PriceSelector & {
  /** Of a whole GPU. */
  readonly perHour: number;
  /** Milliseconds since 1970, [from, to); absent: always. */
  readonly from?: number;
  readonly to?: number;
  /** `list`: a public list price, a guess until somebody sets what is paid. */
  readonly source: "configured" | "list";
};

export type PricedGpu = {
  readonly gpu: string;
  readonly model: string;
  readonly region?: string;
  readonly capacity?: Capacity;
  readonly node: ReadonlyMap<string, string>;
  /** While it is part of the cluster. */
  readonly from: number;
  readonly to: number;
};

export type GpuRates = {
  readonly gpu: string;
  readonly rates: readonly RateStretch[];
  /** A stretch is a guess. */
  readonly guessed: boolean;
};

/** The first rule of the list that holds at a moment gives the price; what no rule covers has none. */
export function ratesOf(gpu: PricedGpu, rules: readonly PriceRule[]): GpuRates {
  const fitting = rules.filter((rule) => fits(gpu, rule));
  const own = { from: gpu.from, to: gpu.to };
  const stretches = fitting
    .map(({ perHour, from = own.from, to = own.to, source }) => ({
      from: Math.max(from, own.from),
      to: Math.min(to, own.to),
      perHour,
      source,
    }))
    .reverse();
  const line = rateLine(stretches);
  return {
    gpu: gpu.gpu,
    rates: line.map(({ from, to, perHour }) => ({ from, to, perHour })),
    guessed: line.some(({ source }) => source === "list"),
  };
}

function fits({ model, region, capacity, node }: PricedGpu, rule: PriceRule): boolean {
  if (rule.gpu !== undefined && !holdsWord(model.toLowerCase(), rule.gpu.toLowerCase())) return false;
  if (rule.region !== undefined && rule.region !== region) return false;
  if (rule.capacity !== undefined && rule.capacity !== (capacity ?? "on_demand")) return false;
  return [...(rule.node ?? [])].every(([name, value]) => node.get(name) === value);
}

/** A word begins where no letter or digit stands before it, and does not end within a number: "A10" is in "A10G", not in "A100". */
function holdsWord(name: string, word: string): boolean {
  for (let at = name.indexOf(word); at >= 0; at = name.indexOf(word, at + 1)) {
    const [before = "", after = ""] = [name[at - 1], name[at + word.length]];
    if (!/[a-z0-9]/.test(before) && !/[0-9]/.test(after)) return true;
  }
  return false;
}

export type Reservation = PriceSelector & {
  readonly gpus: number;
  /** Of one reserved GPU, paid all the time. */
  readonly perHour: number;
  readonly from: number;
  readonly to: number;
};

export type Reserved = {
  readonly rates: readonly GpuRates[];
  /** Paid for and not used: no GPU of the cluster fits. */
  readonly unused: { readonly cost: number; readonly gpuHours: number };
};

const HOUR_MS = 3_600_000;

/**
 * Reservations over GPUs with rates of their own. While a reservation holds for g GPUs and pays for n: up to n of them cost its
 * rate; of more each costs its share of both, (n x reserved + (g - n) x own rate) / g, since nobody can tell which is which.
 */
export function withReservations(
  gpus: readonly PricedGpu[],
  rates: readonly GpuRates[],
  reservations: readonly Reservation[],
  window: { readonly from: number; readonly to: number },
): Reserved {
  const lines = new Map(rates.map((each) => [each.gpu, each]));
  let [cost, gpuHours] = [0, 0];
  for (const reservation of reservations) {
    const { gpus: reserved, perHour } = reservation;
    const own = gpus.filter((gpu) => fits(gpu, { ...reservation, source: "configured" }));
    for (const { from, to } of stretchesOf(own, lines, reservation, window)) {
      const here = own.filter((gpu) => gpu.from <= from && gpu.to >= to);
      const hours = (to - from) / HOUR_MS;
      const unused = Math.max(0, reserved - here.length);
      gpuHours += unused * hours;
      cost += unused * hours * perHour;
      const share = here.length === 0 ? 0 : Math.min(1, reserved / here.length);
      for (const { gpu } of here) {
        const line = lines.get(gpu);
        const usual = line?.rates.find((rate) => rate.from <= from && rate.to >= to)?.perHour;
        // Without a price of its own what is beyond the reservation is not known.
        if (share < 1 && usual === undefined) continue;
        const mixed = { from, to, perHour: share * perHour + (1 - share) * (usual ?? 0) };
        lines.set(gpu, { gpu, guessed: line?.guessed ?? false, rates: rateLine([...(line?.rates ?? []), mixed]) });
      }
    }
  }
  return { rates: [...lines.values()], unused: { cost, gpuHours } };
}

/** In each of them the same GPUs are there at the same rates. */
function stretchesOf(
  own: readonly PricedGpu[],
  lines: ReadonlyMap<string, GpuRates>,
  reservation: Reservation,
  window: { readonly from: number; readonly to: number },
) {
  const from = Math.max(window.from, reservation.from);
  const to = Math.min(window.to, reservation.to);
  if (!(to > from)) return [];
  const moments = own.flatMap((gpu) => [
    gpu.from,
    gpu.to,
    ...(lines.get(gpu.gpu)?.rates ?? []).flatMap((rate) => [rate.from, rate.to]),
  ]);
  const inside = moments.filter((at) => at > from && at < to);
  const edges = [...new Set([from, ...inside, to])].sort((a, b) => a - b);
  return edges.slice(1).map((end, i) => ({ from: edges[i]!, to: end }));
}
