/** One quantity of the suspect beside the same of its peers. */
import type { Evidence } from "@lockstep/schemas/domain/finding";
import { madSigma, median } from "../stats/median.ts";
import type { GpuWindow } from "./gpu-window.ts";

export type Compared = {
  /** Undefined where the suspect did not tell. */
  readonly value: number | undefined;
  /** Of the peers that told. */
  readonly peers: { readonly median: number; readonly low: number; readonly high: number } | undefined;
  readonly peerCount: number;
  readonly z: number | undefined;
};

export type Quantity = (window: GpuWindow) => number | undefined;

export function compare(quantity: Quantity, suspect: GpuWindow, peers: readonly GpuWindow[]): Compared {
  const value = finite(quantity(suspect));
  const others = peers.map((peer) => finite(quantity(peer))).filter((each) => each !== undefined);
  if (others.length === 0) return { value, peers: undefined, peerCount: 0, z: undefined };
  const middle = median(others);
  const scale = others.length >= 3 ? madSigma(others, middle) : 0;
  return {
    value,
    peers: { median: middle, low: Math.min(...others), high: Math.max(...others) },
    peerCount: others.length,
    // A scale as small as rounding errors divides to infinity: that says nothing.
    z: value !== undefined && scale > 0 ? finite((value - middle) / scale) : undefined,
  };
}

function finite(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

/** Of a quantity that the suspect told; `factor` turns it into the unit shown (100 for a share in %). */
export function evidenceOf(what: string, unit: string, { value, peers, z }: Compared, factor = 1): Evidence[] {
  if (value === undefined) return [];
  return [
    {
      what,
      value: value * factor,
      unit,
      ...(peers === undefined
        ? {}
        : { peers: { median: peers.median * factor, low: peers.low * factor, high: peers.high * factor } }),
      ...(z === undefined ? {} : { z }),
    },
  ];
}

/** By how much the suspect is above its peers' median, all of it where no peer told; undefined where it did not tell itself. */
export function above({ value, peers }: Compared): number | undefined {
  return value === undefined ? undefined : value - (peers?.median ?? 0);
}
