/** Where what is read of traces goes: implemented by who writes it to the log. */

import type { StepRow } from "@lockstep/analysis/fold/step-row";
import type { FlightRecorderDump } from "@lockstep/formats/flight-recorder/dump";
import type { InspectorSample } from "@lockstep/formats/inspector/prometheus";
import type { XidEvent } from "@lockstep/formats/xid/kernel-line";

/** An error of a GPU with the machine it happened on. */
export type KernelEvent = XidEvent & {
  /** As the line names it, else this machine. */
  readonly node: string;
  /** UUID, where the log told which GPU sits at the address. */
  readonly gpu: string | undefined;
};

export type DumpFile = {
  readonly job: string;
  readonly dump: FlightRecorderDump;
  /** When the file was last written, milliseconds since 1970. */
  readonly writtenAtMs: number;
};

/** A file of NCCL Inspector's Prometheus mode, as it was after one of its overwritings. */
export type InspectorPage = {
  readonly path: string;
  readonly samples: readonly InspectorSample[];
  /** When the file was last written, milliseconds since 1970. */
  readonly writtenAtMs: number;
};

/**
 * Each resolves when what it was given cannot be lost any more; only then are positions noted. What it was given before it
 * rejected, or before a kill, comes again: rows, events and dumps replace themselves by their keys.
 */
export type TraceSink = {
  steps(rows: readonly StepRow[]): Promise<void>;
  events(events: readonly KernelEvent[]): Promise<void>;
  flightRecorder(dump: DumpFile): Promise<void>;
  inspectorPage(page: InspectorPage): Promise<void>;
};
