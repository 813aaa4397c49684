/** Which histograms a model server exposes, and by which labels it tells its models apart. */
import type { ObservedKind } from "@lockstep/schemas/domain/observed";

export type PresetHistogram = {
  /** Without `_bucket`. */
  readonly metric: string;
  readonly feature: string;
  readonly kind: ObservedKind;
};

export type ModelPreset = {
  /** Absent where a server serves one model and does not name it. */
  readonly modelLabel?: string;
  readonly versionLabel?: string;
  /** Of two names of one thing in different releases both are listed; a server exposes one of them. */
  readonly histograms: readonly PresetHistogram[];
};
