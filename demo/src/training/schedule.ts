/**
 * One forward, one backward: what the stages of a pipeline do in a step, as one list in which everything stands behind what it
 * waits for. A replay is then a single pass over it.
 */

export type Instruction =
  | { readonly do: "forward" | "backward"; readonly stage: number; readonly microBatch: number }
  /** Between `stage` and the next: activations down, gradients up, or both at once, so that nobody waits in a circle. */
  | { readonly do: "exchange"; readonly stage: number; readonly down: boolean; readonly up: boolean };

type Call =
  | { readonly do: "forward" | "backward"; readonly microBatch: number }
  | { readonly to: number; readonly down: boolean; readonly up: boolean };

/** Throws where the stages would wait for each other for ever, which no numbers of at least 1 do. */
export function pipelineSchedule(stages: number, microBatches: number): Instruction[] {
  const calls = Array.from({ length: stages }, (_, stage) => callsOf(stage, stages, microBatches));
  const next = new Array<number>(stages).fill(0);
  const ordered: Instruction[] = [];
  const callOf = (stage: number): Call | undefined => calls[stage]?.[next[stage]!];
  for (let moved = true; moved; ) {
    moved = false;
    for (let stage = 0; stage < stages; stage++) {
      const call = callOf(stage);
      if (call === undefined) continue;
      if ("do" in call) {
        ordered.push({ ...call, stage });
        next[stage]! += 1;
        moved = true;
        continue;
      }
      const other = callOf(call.to);
      // The upper stage of the two brings the exchange about, when the lower one has come to it as well.
      if (call.to !== stage + 1 || other === undefined || "do" in other || other.to !== stage) continue;
      ordered.push({ do: "exchange", stage, down: call.down, up: call.up });
      next[stage]! += 1;
      next[call.to]! += 1;
      moved = true;
    }
  }
  if (next.some((at, stage) => at < calls[stage]!.length)) {
    throw new Error(`a pipeline of ${stages} stages and ${microBatches} micro-batches stands still`);
  }
  return ordered;
}

/** Of one stage: forwards until the pipeline is full, then one forward and one backward in turn, then the backwards left. */
function callsOf(stage: number, stages: number, microBatches: number): Call[] {
  const calls: Call[] = [];
  const ahead = Math.min(stages - 1 - stage, microBatches);
  const steady = microBatches - ahead;
  const first = stage === 0;
  const last = stage === stages - 1;
  const before = (down: boolean, up: boolean) => first || calls.push({ to: stage - 1, down, up });
  const after = (down: boolean, up: boolean) => last || calls.push({ to: stage + 1, down, up });
  for (let m = 0; m < ahead; m++) {
    before(true, false);
    calls.push({ do: "forward", microBatch: m });
    after(true, false);
  }
  if (steady > 0) before(true, false);
  for (let m = 0; m < steady; m++) {
    calls.push({ do: "forward", microBatch: ahead + m });
    after(true, true);
    calls.push({ do: "backward", microBatch: m });
    before(m + 1 < steady, true);
  }
  for (let m = steady; m < microBatches; m++) {
    after(false, true);
    calls.push({ do: "backward", microBatch: m });
    before(false, true);
  }
  return calls;
}
