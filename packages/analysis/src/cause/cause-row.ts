/** What the rows of the decision table get, and what each gives where it matches. */
import type { Confidence, Evidence, Finding } from "@lockstep/schemas/domain/finding";
import type { GpuBaseline, GpuWindow } from "./gpu-window.ts";

export type Suspicion = {
  readonly finding: Finding;
  readonly suspect: GpuWindow;
  /** GPUs that do the same work in the same window; without the suspect. */
  readonly peers: readonly GpuWindow[];
  readonly baseline: GpuBaseline;
};

export type CauseFound = {
  readonly code: string;
  readonly text: string;
  readonly confidence: Confidence;
  readonly evidence: readonly Evidence[];
};

export type CauseRow = (suspicion: Suspicion) => CauseFound | undefined;
