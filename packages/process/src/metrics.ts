/** Where a process counts what it does. Names and bounds are in schemas/src/process/self-metrics.ts. */
import { createNoopMeter, type Meter } from "@opentelemetry/api";

export type { Counter, Histogram, Meter, ObservableResult } from "@opentelemetry/api";

/** Counts nowhere: for tests, and where no port for metrics is given. */
export const noMeter: Meter = createNoopMeter();
