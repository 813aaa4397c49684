/**
 * What each rank of a window did, as a program that can be run again: work for so long, enter this operation, go on when all of
 * it have entered and its bytes have moved. Made from starts and durations, each on one rank's own clock; clocks are never
 * compared, since whoever shares an operation leaves it together.
 */
import type { JobWindow } from "../straggler/job-window.ts";

export type WindowProgram = {
  readonly window: JobWindow;
  /** Steps of the window that are run, one after the other. */
  readonly steps: Int32Array;
  /**
   * Events of rank r: [first[r], first[r + 1]); none for a rank without one step of which everything is known. Behind the
   * window's ranks stand those who speak for the ranks left out.
   */
  readonly first: Int32Array;
  /** By communicator: who speaks for its members that are left out; -1 where nobody is. */
  readonly others: Int32Array;
  /** By event: the operation, numbered by step, column and slot. */
  readonly operation: Int32Array;
  /** Whether those who speak for ranks left out begin a step together. */
  readonly isCoupled: boolean;
  /** By event: microseconds of work before it; after what the event before it entered where the two do not overlap. */
  readonly gapUs: Float64Array;
  /** By event: 1 where it is entered while the one before it has not ended: its gap counts from that one's entry. */
  readonly overlaps: Uint8Array;
  /** By event: its step, a place in `steps`. */
  readonly step: Int32Array;
  /** By operation. */
  readonly transferUs: Float64Array;
  readonly members: Int32Array;
  /** By operation of one step: index into `window.operations`. */
  readonly column: Int32Array;
};

/** More than this are neither built nor run: fewer steps are, or none. Two million take a second. */
const maxEvents = 600_000;
const maxEventsOfStep = 1_000_000;

export type ProgramOptions = {
  /** By column, what an operation takes in groups of the same kind; NaN where that is not known. */
  readonly normalUs: Float64Array;
  /**
   * By rank index: 1 where it is run. The others are taken to come as late after the last operation that they shared with
   * these as they did: for a cause that lies in these ranks alone.
   */
  readonly included?: Uint8Array;
};

/** Whether all steps of the window can be run with all of its ranks. */
export function isSmall(window: JobWindow): boolean {
  return window.steps * eventsOfStep(window) <= maxEvents;
}

function eventsOfStep({ operations, communicators }: JobWindow, included?: Uint8Array): number {
  const running = communicators.map(({ members }) =>
    included ? members.reduce((n, rank) => n + (rank >= 0 ? included[rank]! : 0), 0) : members.length,
  );
  return operations.reduce((n, { communicator, slots }) => n + slots * running[communicator]!, 0);
}

/** Undefined where starts are not known, where they are of sums only, and where it would be too much. */
export function windowProgram(window: JobWindow, options: ProgramOptions): WindowProgram | undefined {
  const { operations } = window;
  if (operations.length === 0 || operations.some(({ start, perSlot }) => start === undefined || perSlot > 1)) {
    return undefined;
  }
  const ofStep = eventsOfStep(window, options.included);
  if (ofStep === 0 || ofStep > maxEventsOfStep) return undefined;
  const count = Math.min(window.steps, Math.max(1, Math.floor(maxEvents / ofStep)));
  const steps = Int32Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * window.steps) / count));
  return new ProgramBuilder(window, steps, options).build();
}

class ProgramBuilder {
  readonly #window: JobWindow;
  readonly #steps: Int32Array;
  readonly #normalUs: Float64Array;
  readonly #included: Uint8Array;
  /** By column: number of its first operation in a step; -1 where nobody runs it. */
  readonly #base: Int32Array;
  readonly #ofStep: number;
  /** By rank: its columns, and its places in their communicators. */
  readonly #columns: number[][];
  readonly #places: number[][];
  readonly #others: Int32Array;
  /** Communicators of `others`, in their order, and their columns. */
  readonly #cut: number[] = [];
  readonly #cutColumns = new Map<number, number[]>();

  constructor(window: JobWindow, steps: Int32Array, { normalUs, included }: ProgramOptions) {
    this.#window = window;
    this.#steps = steps;
    this.#normalUs = normalUs;
    this.#included = included ?? new Uint8Array(window.ranks.length).fill(1);
    this.#base = new Int32Array(window.operations.length).fill(-1);
    this.#columns = window.ranks.map(() => []);
    this.#places = window.ranks.map(() => []);
    this.#others = new Int32Array(window.communicators.length).fill(-1);
    const runs = (rank: number) => rank >= 0 && this.#included[rank] === 1;
    for (const [communicator, { members }] of window.communicators.entries()) {
      if (!members.some(runs) || members.every((rank) => rank < 0 || runs(rank))) continue;
      this.#others[communicator] = window.ranks.length + this.#cut.push(communicator) - 1;
      this.#cutColumns.set(communicator, []);
    }
    let at = 0;
    for (const [column, { communicator, slots }] of window.operations.entries()) {
      const { members } = window.communicators[communicator]!;
      if (!members.some(runs)) continue;
      this.#base[column] = at;
      at += slots;
      this.#cutColumns.get(communicator)?.push(column);
      for (const [place, rank] of members.entries()) {
        if (!runs(rank)) continue;
        this.#columns[rank]!.push(column);
        this.#places[rank]!.push(place);
      }
    }
    this.#ofStep = at;
  }

  build(): WindowProgram {
    const { ranks, operations } = this.#window;
    const count = this.#steps.length;
    const first = new Int32Array(ranks.length + this.#cut.length + 1);
    const sources = ranks.map((_, rank) => this.#sources(rank));
    for (let rank = 0; rank < ranks.length; rank++) {
      const events = sources[rank] === undefined ? 0 : count * this.#eventsOfStep(rank);
      first[rank + 1] = first[rank]! + events;
    }
    for (const [i, communicator] of this.#cut.entries()) {
      const slots = this.#cutColumns.get(communicator)!.reduce((n, index) => n + operations[index]!.slots, 0);
      first[ranks.length + i + 1] = first[ranks.length + i]! + count * slots;
    }
    const events = first[ranks.length + this.#cut.length]!;
    const column = new Int32Array(this.#ofStep);
    for (const [index, { slots }] of operations.entries()) {
      const base = this.#base[index]!;
      if (base >= 0) column.fill(index, base, base + slots);
    }
    const program: WindowProgram = {
      window: this.#window,
      steps: this.#steps,
      first,
      others: this.#others,
      isCoupled: false,
      operation: new Int32Array(events),
      gapUs: new Float64Array(events),
      overlaps: new Uint8Array(events),
      step: new Int32Array(events),
      ...this.#operations(sources),
      column,
    };
    for (const [rank, source] of sources.entries()) if (source) this.#rank(rank, source, program);
    for (const communicator of this.#cut) this.#leftOut(communicator, program);
    return program;
  }

  #eventsOfStep(rank: number): number {
    return this.#columns[rank]!.reduce((n, column) => n + this.#window.operations[column]!.slots, 0);
  }

  /**
   * By step of the program: the step that it is taken from. A step in which records were lost is taken from another one of the
   * same rank: what it works between two operations is not known, and waiting would pass for it.
   */
  #sources(rank: number): Int32Array | undefined {
    const { steps } = this.#window;
    const known = new Map<number, boolean>();
    const isWhole = (step: number) => {
      const found = known.get(step) ?? this.#isWhole(rank, step);
      known.set(step, found);
      return found;
    };
    const sources = new Int32Array(this.#steps.length);
    for (const [i, step] of this.#steps.entries()) {
      let source = -1;
      for (let off = 0; off < steps && source < 0; off++) {
        if (step >= off && isWhole(step - off)) source = step - off;
        else if (step + off < steps && isWhole(step + off)) source = step + off;
      }
      if (source < 0) return undefined;
      sources[i] = source;
    }
    return this.#columns[rank]!.length === 0 ? undefined : sources;
  }

  #isWhole(rank: number, step: number): boolean {
    const { operations, communicators } = this.#window;
    for (const [i, column] of this.#columns[rank]!.entries()) {
      const { communicator, slots, exec, start } = operations[column]!;
      const stride = communicators[communicator]!.members.length;
      let cell = step * slots * stride + this.#places[rank]![i]!;
      for (let slot = 0; slot < slots; slot++, cell += stride) {
        if (Number.isNaN(exec[cell]! + start![cell]!)) return false;
      }
    }
    return true;
  }

  /**
   * The shortest duration is the transfer. Where a member was not heard it may also be a wait for that one, so it counts for
   * no more than in other groups; and of a pair with one end unheard nothing else is known.
   */
  #operations(sources: readonly (Int32Array | undefined)[]): Pick<WindowProgram, "transferUs" | "members"> {
    const { operations, communicators } = this.#window;
    const transferUs = new Float64Array(this.#ofStep * this.#steps.length);
    const members = new Int32Array(transferUs.length);
    for (const [column, { communicator, slots, exec }] of operations.entries()) {
      if (this.#base[column]! < 0) continue;
      const all = communicators[communicator]!.members;
      const isUnheard = (rank: number) => rank < 0 || (this.#included[rank] === 1 && !sources[rank]);
      const running = all.reduce((n, rank) => n + (rank >= 0 && sources[rank] ? 1 : 0), 0);
      const cap = all.some(isUnheard) ? this.#normalUs[column]! : Number.POSITIVE_INFINITY;
      for (const [i, step] of this.#steps.entries()) {
        for (let slot = 0; slot < slots; slot++) {
          const base = (step * slots + slot) * all.length;
          let shortest = Number.POSITIVE_INFINITY;
          for (let place = 0; place < all.length; place++) {
            const us = exec[base + place]!;
            if (us < shortest && all[place]! >= 0) shortest = us;
          }
          const at = i * this.#ofStep + this.#base[column]! + slot;
          const us = Number.isNaN(cap) ? shortest : Math.min(cap, shortest);
          transferUs[at] = us < Number.POSITIVE_INFINITY ? us : 0;
          members[at] = running + (this.#others[communicator]! >= 0 ? 1 : 0);
        }
      }
    }
    return { transferUs, members };
  }

  #rank(rank: number, sources: Int32Array, program: WindowProgram): void {
    const { operations, communicators, stepTime, steps } = this.#window;
    const n = this.#eventsOfStep(rank);
    const startUs = new Float64Array(n);
    const endUs = new Float64Array(n);
    const own = new Int32Array(n);
    // The order hardly changes from step to step, which makes sorting it again cheap.
    const order = Int32Array.from({ length: n }, (_, i) => i);
    let event = program.first[rank]!;
    let tailUs = 0;
    for (const [i, source] of sources.entries()) {
      let k = 0;
      for (const [j, column] of this.#columns[rank]!.entries()) {
        const { communicator, slots, exec, start } = operations[column]!;
        const stride = communicators[communicator]!.members.length;
        let cell = source * slots * stride + this.#places[rank]![j]!;
        for (let slot = 0; slot < slots; slot++, cell += stride) {
          startUs[k] = start![cell]!;
          endUs[k] = start![cell]! + exec[cell]!;
          own[k++] = this.#base[column]! + slot;
        }
      }
      if (i === 0) order.sort((a, b) => startUs[a]! - startUs[b]! || own[a]! - own[b]!);
      else sortAgain(order, startUs);
      let busyUntil = 0;
      for (let at = 0; at < n; at++, event++) {
        const place = order[at]!;
        const overlaps = at > 0 && startUs[place]! < busyUntil;
        program.operation[event] = i * this.#ofStep + own[place]!;
        program.step[event] = i;
        program.overlaps[event] = overlaps ? 1 : 0;
        const since = overlaps ? startUs[order[at - 1]!]! : busyUntil;
        program.gapUs[event] = Math.max(0, startUs[place]! - since) + (at === 0 ? tailUs : 0);
        if (endUs[place]! > busyUntil) busyUntil = endUs[place]!;
      }
      const tail = stepTime[rank * steps + source]! - busyUntil;
      tailUs = Number.isNaN(tail) ? 0 : Math.max(0, tail);
    }
  }

  /** From the end of each operation that they shared with ranks that run to when the last of them came to the next one. */
  #leftOut(communicator: number, program: WindowProgram): void {
    const columns = this.#cutColumns.get(communicator)!;
    let event = program.first[this.#others[communicator]!]!;
    const usualUs = new Map<number, number>();
    for (const [i, step] of this.#steps.entries()) {
      let since = 0;
      for (const shared of this.#shared(communicator, columns, step)) {
        const gapUs = shared.othersUs - since;
        const place = shared.operation;
        if (gapUs >= 0) usualUs.set(place, gapUs);
        program.operation[event] = i * this.#ofStep + place;
        program.step[event] = i;
        program.gapUs[event] = usualUs.get(place) ?? 0;
        if (!Number.isNaN(shared.endUs)) since = shared.endUs;
        event++;
      }
    }
  }

  /** In their order; from the beginning of the step of the member whose clock is read. */
  #shared(communicator: number, columns: readonly number[], step: number): Shared[] {
    const { members } = this.#window.communicators[communicator]!;
    const inside = [...members.keys()].filter((place) => members[place]! >= 0 && this.#included[members[place]!] === 1);
    const outside = [...members.keys()].filter(
      (place) => members[place]! >= 0 && this.#included[members[place]!] !== 1,
    );
    const reference = inside.find((place) => columns.every((column) => this.#isKnown(column, place, step)));
    const shared: Shared[] = [];
    for (const column of columns) {
      const { slots, exec, start } = this.#window.operations[column]!;
      for (let slot = 0; slot < slots; slot++) {
        const base = (step * slots + slot) * members.length;
        const at = base + (reference ?? 0);
        const endUs = reference === undefined ? Number.NaN : start![at]! + exec[at]!;
        // The last of them waited least.
        let waitedUs = Number.POSITIVE_INFINITY;
        for (const place of outside) if (exec[base + place]! < waitedUs) waitedUs = exec[base + place]!;
        shared.push({ operation: this.#base[column]! + slot, endUs, othersUs: endUs - waitedUs });
      }
    }
    return reference === undefined ? shared : shared.sort((a, b) => a.endUs - b.endUs);
  }

  #isKnown(column: number, place: number, step: number): boolean {
    const { communicator, slots, exec, start } = this.#window.operations[column]!;
    const stride = this.#window.communicators[communicator]!.members.length;
    for (let slot = 0; slot < slots; slot++) {
      const cell = (step * slots + slot) * stride + place;
      if (Number.isNaN(exec[cell]! + start![cell]!)) return false;
    }
    return true;
  }
}

/** Of one operation of a cut group, on the clock of one of its members that run. */
type Shared = {
  readonly operation: number;
  readonly endUs: number;
  /** When the last of those left out came; below zero where none of them was heard. */
  readonly othersUs: number;
};

function sortAgain(order: Int32Array, by: Float64Array): void {
  for (let i = 1; i < order.length; i++) {
    const place = order[i]!;
    let j = i - 1;
    while (j >= 0 && by[order[j]!]! > by[place]!) {
      order[j + 1] = order[j]!;
      j--;
    }
    order[j + 1] = place;
  }
}
