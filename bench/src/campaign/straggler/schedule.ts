/**
 * One forward, one backward (1F1B) pipeline schedule of a step, as a list in an order in which everything an entry waits for
 * stands before it. So a replay is one pass over the list, with no queue of events.
 */
export type Pass = { readonly kind: "forward" | "backward"; readonly stage: number; readonly microBatch: number };

/**
 * Between a stage and the next: activations down, gradients up, or both at once, which is what keeps the schedule free of
 * deadlock. Nobody leaves before the other end has come.
 */
export type Exchange = {
  readonly kind: "exchange";
  readonly stage: number;
  readonly transfers: number;
  readonly slot: number;
};

export type Instruction = Pass | Exchange;

/** Operations of one pipeline pair in a step: each micro-batch goes down and comes back. */
export function exchangeSlots(microBatches: number): number {
  return 2 * microBatches;
}

type Call = { readonly pass: Pass } | { readonly with: number; readonly transfers: number };

export function oneForwardOneBackward(stages: number, microBatches: number): Instruction[] {
  const programs = Array.from({ length: stages }, (_, stage) => program(stage, stages, microBatches));
  const at = new Int32Array(stages);
  const slots = new Int32Array(stages);
  const ordered: Instruction[] = [];
  const total = programs.reduce((n, calls) => n + calls.length, 0);
  for (let done = 0; done < total; ) {
    const before = done;
    for (let stage = 0; stage < stages; stage++) {
      const call = programs[stage]![at[stage]!];
      if (!call) continue;
      if ("pass" in call) {
        ordered.push(call.pass);
        at[stage]!++;
        done++;
        continue;
      }
      if (call.with !== stage + 1) continue;
      const answer = programs[stage + 1]![at[stage + 1]!];
      if (!answer || "pass" in answer || answer.with !== stage) continue;
      if (answer.transfers !== call.transfers) throw new Error(`stages ${stage} and ${stage + 1} disagree at ${done}`);
      ordered.push({ kind: "exchange", stage, transfers: call.transfers, slot: slots[stage]! });
      slots[stage]! += call.transfers;
      at[stage]!++;
      at[stage + 1]!++;
      done += 2;
    }
    if (done === before)
      throw new Error(`the schedule of ${stages} stages and ${microBatches} micro-batches stands still`);
  }
  return ordered;
}

/** What one stage calls in a step: warm-up forwards, alternation, the backwards that are left. */
function program(stage: number, stages: number, microBatches: number): Call[] {
  const warmUp = Math.min(stages - stage - 1, microBatches);
  const calls: Call[] = [];
  const exchange = (other: number, transfers: number) => {
    if (other >= 0 && other < stages) calls.push({ with: other, transfers });
  };
  const run = (kind: Pass["kind"], microBatch: number) => calls.push({ pass: { kind, stage, microBatch } });
  for (let m = 0; m < warmUp; m++) {
    exchange(stage - 1, 1);
    run("forward", m);
    exchange(stage + 1, 1);
  }
  const steady = microBatches - warmUp;
  if (steady > 0) exchange(stage - 1, 1);
  for (let i = 0; i < steady; i++) {
    run("forward", i + warmUp);
    exchange(stage + 1, 2);
    run("backward", i);
    exchange(stage - 1, i + 1 < steady ? 2 : 1);
  }
  for (let i = steady; i < microBatches; i++) {
    exchange(stage + 1, 1);
    run("backward", i);
    exchange(stage - 1, 1);
  }
  return calls;
}
