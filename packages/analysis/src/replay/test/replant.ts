import type { StepTrace } from "@lockstep/formats/step-trace/step-trace";
import { runGraph } from "../replay-graph.ts";
import { WhatIf } from "../what-if.ts";

/** The trace as it would have been recorded if its operations had taken `times` as long by themselves. */
export function replanted(trace: StepTrace, times: (row: number) => number): StepTrace {
  const whatIf = new WhatIf(trace);
  const seconds = whatIf.recorded.map((each, row) => each * times(row));
  const { start, end } = runGraph(whatIf.graph, { seconds, delay: whatIf.delay });
  return { ...trace, startS: start, durationS: end.map((each, row) => Math.max(0, each - start[row]!)) };
}
