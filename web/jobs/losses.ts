/** What a job lost to its findings, in GPU time and money. */
import type { FindingView } from "./finding-view.ts";

export type Losses = {
  readonly gpuSeconds: number;
  /** null: no price is set. */
  readonly dollars: number | null;
  /** Share of the GPU time that was not lost; null where step times are not known. */
  readonly goodput: number | null;
};

/**
 * `gpuSeconds`: of all ranks in the steps heard; NaN where not known. A hang's loss lies beside these steps, any other's within
 * them. `pricePerHour`: of a GPU, dollars.
 */
export function lossesOf(
  findings: readonly Pick<FindingView, "kind" | "wasteGpuSeconds">[],
  gpuSeconds: number,
  pricePerHour: number | null,
): Losses {
  const lost = findings.reduce((sum, { wasteGpuSeconds }) => sum + wasteGpuSeconds, 0);
  const beside = findings
    .filter(({ kind }) => kind === "hang" || kind === "mismatch")
    .reduce((sum, { wasteGpuSeconds }) => sum + wasteGpuSeconds, 0);
  return {
    gpuSeconds: lost,
    dollars: pricePerHour === null ? null : (lost / 3600) * pricePerHour,
    goodput: gpuSeconds > 0 ? Math.max(0, 1 - lost / (gpuSeconds + beside)) : null,
  };
}

/** "3.2 GPU-h", "12 GPU-min". */
export function gpuTime(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 60) return `${Math.round(seconds)} GPU-s`;
  if (seconds < 3600) return `${(seconds / 60).toFixed(seconds < 600 ? 1 : 0)} GPU-min`;
  return `${(seconds / 3600).toFixed(seconds < 36_000 ? 1 : 0)} GPU-h`;
}

export function dollars(amount: number): string {
  if (amount > 0 && amount < 0.01) return "< $0.01";
  return `$${amount.toLocaleString("en-US", { minimumFractionDigits: amount < 100 ? 2 : 0, maximumFractionDigits: amount < 100 ? 2 : 0 })}`;
}
