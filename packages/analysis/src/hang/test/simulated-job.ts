/** A job of a few ranks that runs a program of collectives and messages, is hit by a fault, and leaves dumps. */
import type { Collective } from "@lockstep/schemas/domain/operation";

export type SimulatedGroup = { readonly name: string; readonly description: string; readonly ranks: readonly number[] };

export type Call = {
  readonly group: SimulatedGroup;
  readonly collective: Collective;
  /** Messages: job rank of the other end. A batch is both ways at once. */
  readonly peer?: number;
  readonly batch?: boolean;
  readonly elements: number;
  readonly dtype: string;
  /** The program waits for its end before it goes on. */
  readonly blocking: boolean;
};

export type Layout = { readonly tp: number; readonly dp: number; readonly pp: number };

export type Program = {
  readonly ranks: number;
  readonly groups: readonly SimulatedGroup[];
  readonly calls: readonly (readonly Call[])[];
};

export type ProgramOptions = {
  readonly steps: number;
  /** Every call waits, as gloo's do. */
  readonly blocking: boolean;
  /** Pipeline messages in one group of all stages instead of one for each pair, and both ways in one batch. */
  readonly messages: "pairs" | "chain" | "batches" | "none";
  /** A collective of all ranks at the end of a step. */
  readonly world: boolean;
};

/** Ranks by (pipeline stage, data-parallel replica, tensor-parallel part), the last fastest. */
export function makeProgram({ tp, dp, pp }: Layout, options: ProgramOptions): Program {
  const ranks = tp * dp * pp;
  const rankAt = (p: number, d: number, t: number) => (p * dp + d) * tp + t;
  let made = 0;
  const group = (description: string, members: number[]) => ({ name: String(made++), description, ranks: members });
  const range = (count: number) => Array.from({ length: count }, (_, at) => at);
  const world = group("default_pg", range(ranks));
  const tensor = range(pp).map((p) =>
    range(dp).map((d) =>
      group(
        "TENSOR",
        range(tp).map((t) => rankAt(p, d, t)),
      ),
    ),
  );
  const data = range(pp).map((p) =>
    range(tp).map((t) =>
      group(
        "DATA",
        range(dp).map((d) => rankAt(p, d, t)),
      ),
    ),
  );
  const lines = range(dp).map((d) =>
    range(tp).map((t) =>
      group(
        "PIPELINE",
        range(pp).map((p) => rankAt(p, d, t)),
      ),
    ),
  );
  const links = range(pp - 1).map((p) =>
    range(dp).map((d) => range(tp).map((t) => group("LINK", [rankAt(p, d, t), rankAt(p + 1, d, t)]))),
  );
  const calls = range(ranks).map((rank): Call[] => {
    const [p, d, t] = [Math.floor(rank / (dp * tp)), Math.floor(rank / tp) % dp, rank % tp];
    const linkOf = (to: number) => (options.messages === "chain" ? lines[d]![t]! : links[Math.min(p, to)]![d]![t]!);
    const message = (collective: Collective, to: number): Call[] =>
      to < 0 || to >= pp || options.messages === "none"
        ? []
        : [
            {
              group: linkOf(to),
              collective,
              peer: rankAt(to, d, t),
              batch: options.messages === "batches",
              elements: 512,
              dtype: "BFloat16",
              blocking: collective === "Recv" || options.messages === "batches",
            },
          ];
    const collective = (group: SimulatedGroup, name: Collective, elements: number, blocking = false): Call[] =>
      group.ranks.length < 2
        ? []
        : [{ group, collective: name, elements, dtype: "BFloat16", blocking: blocking || options.blocking }];
    return range(options.steps).flatMap((step) => [
      ...message("Recv", p - 1),
      ...collective(tensor[p]![d]!, "AllGather", 2048),
      ...collective(tensor[p]![d]!, "ReduceScatter", 4096),
      ...collective(tensor[p]![d]!, "AllReduce", 16, step % 2 === 1),
      // A batch goes both ways: the receive of the next stage is the send of this one.
      ...message("Send", p + 1),
      ...collective(data[p]![t]!, "AllReduce", 10_000, !options.world),
      ...(options.world ? collective(world, step % 3 === 2 ? "Barrier" : "AllReduce", 1, true) : []),
    ]);
  });
  const used = new Set(calls.flat().map((call) => call.group));
  return { ranks, groups: [world, ...used].filter((each, at, all) => all.indexOf(each) === at), calls };
}

export type Fault =
  | { readonly kind: "none" }
  /** The process stops before its n-th call and does nothing any more; `dump` tells whether it still leaves one. */
  | {
      readonly kind: "stop";
      readonly stops: readonly { readonly rank: number; readonly at: number; readonly dump: boolean }[];
    }
  /** From the n-th call on the GPU does nothing; the process notices after `more` further calls. */
  | { readonly kind: "gpu"; readonly rank: number; readonly at: number; readonly more: number }
  /** The operation that is the n-th call of that rank is entered by all and ends for nobody. */
  | { readonly kind: "network"; readonly rank: number; readonly at: number }
  /** The n-th call of that rank is another one. */
  | { readonly kind: "mismatch"; readonly rank: number; readonly at: number; readonly call: Partial<Call> };

export type Done = Call & {
  readonly seq: number;
  readonly p2pSeq: number;
  /** The number of the message one way, or of the collective in its group: the same at all ends. */
  readonly turn: number;
  started: boolean;
  completed: boolean;
};

export type Outcome = {
  readonly program: Program;
  readonly done: readonly (readonly Done[])[];
  readonly silent: ReadonlySet<number>;
};

/**
 * Runs until nothing moves. A GPU takes its rank's calls in their order (`streams` "one"), or those of each group in theirs;
 * a call ends when all who take part have begun it.
 */
export function run(program: Program, fault: Fault, streams: "one" | "each group" = "one"): Outcome {
  const calls = program.calls.map((own, rank) =>
    fault.kind === "mismatch" && fault.rank === rank
      ? own.map((call, at) => (at === fault.at ? { ...call, ...fault.call } : call))
      : own,
  );
  const stopAt = calls.map((own, rank) => stopOf(fault, rank, own.length));
  const done: Done[][] = calls.map(() => []);
  const counters = calls.map(() => new Map<string, number>());
  for (let moved = true; moved; ) {
    moved = false;
    for (const [rank, own] of calls.entries())
      while (done[rank]!.length < stopAt[rank]! && mayEnter(done[rank]!)) {
        done[rank]!.push(entered(own[done[rank]!.length]!, counters[rank]!, rank));
        moved = true;
      }
    for (const [rank, own] of done.entries())
      for (const at of nextOf(own, streams)) {
        const call = own[at]!;
        if (fault.kind === "gpu" && fault.rank === rank && at >= fault.at) continue;
        if (!call.started) moved = true;
        call.started = true;
        if (!isBroken(fault, done, call) && ends(done, call, rank)) moved = true;
      }
  }
  const silent = fault.kind === "stop" ? fault.stops.filter(({ dump }) => !dump).map(({ rank }) => rank) : [];
  return { program, done, silent: new Set(silent) };
}

/** The calls a GPU may work on: the first that has not ended, of all or of each group. */
function nextOf(own: readonly Done[], streams: "one" | "each group"): number[] {
  const next = new Map<string, number>();
  for (const [at, { completed, group }] of own.entries()) {
    const stream = streams === "one" ? "" : group.name;
    if (!completed && !next.has(stream)) next.set(stream, at);
  }
  return [...next.values()];
}

function stopOf(fault: Fault, rank: number, length: number): number {
  if (fault.kind === "stop") return fault.stops.find((stop) => stop.rank === rank)?.at ?? length;
  return fault.kind === "gpu" && fault.rank === rank ? Math.min(length, fault.at + 1 + fault.more) : length;
}

function mayEnter(own: readonly Done[]): boolean {
  return !own.some(({ blocking, completed }) => blocking && !completed);
}

function entered(call: Call, counters: Map<string, number>, rank: number): Done {
  const count = (key: string) => {
    const next = (counters.get(key) ?? 0) + 1;
    counters.set(key, next);
    return next;
  };
  const { group, peer } = call;
  if (peer === undefined) {
    const seq = count(group.name);
    return {
      ...call,
      seq,
      p2pSeq: counters.get(`${group.name} p2p`) ?? 0,
      turn: seq,
      started: false,
      completed: false,
    };
  }
  const p2pSeq = count(`${group.name} p2p`);
  const turn = count(`${group.name} ${wayOf(call, rank)}`);
  return { ...call, seq: counters.get(group.name) ?? 0, p2pSeq, turn, started: false, completed: false };
}

function wayOf({ collective, peer, batch }: Call, rank: number): string {
  if (batch) return `${Math.min(rank, peer!)}-${Math.max(rank, peer!)}`;
  return collective === "Send" ? `${rank}>${peer}` : `${peer}>${rank}`;
}

function othersOf(done: readonly (readonly Done[])[], call: Done, rank: number): (Done | undefined)[] {
  if (call.peer === undefined)
    return call.group.ranks.map((each) =>
      done[each]!.find(({ group, peer, turn }) => group === call.group && peer === undefined && turn === call.turn),
    );
  const way = wayOf(call, rank);
  const other = done[call.peer]!.find(
    (each) =>
      each.group === call.group && each.peer === rank && each.turn === call.turn && wayOf(each, call.peer!) === way,
  );
  return [call, other];
}

function ends(done: Done[][], call: Done, rank: number): boolean {
  const all = othersOf(done, call, rank);
  const [first] = all;
  const alike = all.every(
    (each) =>
      each?.started &&
      each.elements === first!.elements &&
      each.dtype === first!.dtype &&
      (each.peer !== undefined || each.collective === first!.collective),
  );
  if (!alike) return false;
  for (const each of all) each!.completed = true;
  return true;
}

function isBroken(fault: Fault, done: readonly (readonly Done[])[], call: Done): boolean {
  if (fault.kind !== "network") return false;
  const broken = done[fault.rank]![fault.at];
  return broken !== undefined && othersOf(done, broken, fault.rank).includes(call);
}
