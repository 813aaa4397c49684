import type { GpuState } from "../../fleet/gpu.ts";

/** One GPU as the heat map sees it. */
export type Cell = {
  readonly key: string;
  /** Share of the colour scale, 0..1; null: unknown. */
  readonly share: number | null;
  /** The figure written into a cell that is large enough. */
  readonly figure: string;
  readonly state: GpuState;
  /** Outside the brushed part of the distribution. */
  readonly dimmed: boolean;
};
