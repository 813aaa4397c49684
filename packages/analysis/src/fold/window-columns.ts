/** The operation columns of a window: which there are, how many slots they need, and the durations in their places. */
import type { Communicator, OperationColumn } from "../straggler/job-window.ts";
import type { JobTopology } from "../topology/job-topology.ts";
import type { StepRow } from "./step-row.ts";

type Placed = { readonly row: StepRow; readonly step: number; readonly member: number };

/** One communicator's operations by one collective; of pairs, those in one direction. */
type Gathered = {
  readonly communicator: number;
  readonly collective: OperationColumn["collective"];
  readonly members: number;
  readonly rows: Placed[];
};

export class WindowColumns {
  readonly communicators: Communicator[] = [];
  readonly #steps: number;
  readonly #topology: JobTopology;
  readonly #rankIndex: Map<string, number>;
  readonly #communicatorIndex = new Map<string, number>();
  readonly #gathered = new Map<string, Map<string, Gathered>>();

  constructor(topology: JobTopology, steps: number) {
    this.#steps = steps;
    this.#topology = topology;
    this.#rankIndex = new Map(topology.ranks.map(({ process }, index) => [process, index]));
    for (const { id, kind, processes } of topology.groups.values()) {
      this.#communicatorIndex.set(id, this.communicators.length);
      const members = Int32Array.from(processes, (process) => this.indexOf(process) ?? -1);
      this.communicators.push({ id, kind, members });
    }
  }

  indexOf(process: string | undefined): number | undefined {
    return process === undefined ? undefined : this.#rankIndex.get(process);
  }

  /** `step` in the window. */
  count(row: StepRow, step: number): void {
    const gathered = row.peer === undefined ? this.#collective(row) : this.#pair(row, row.peer);
    if (gathered === undefined) return;
    const member = row.peer === undefined ? row.rank : Number(row.rank > row.peer);
    gathered.rows.push({ row, step, member });
  }

  /** That the columns will hold. */
  get numbers(): number {
    let numbers = 0;
    for (const columns of this.#gathered.values()) {
      for (const { rows, members } of columns.values()) {
        const dated = rows.some(({ row }) => row.start_us.length > 0) ? 2 : 1;
        numbers += dated * members * this.#steps * usualShape(rows).slots;
      }
    }
    return numbers;
  }

  join(): OperationColumn[] {
    const joined: OperationColumn[] = [];
    for (const columns of this.#gathered.values()) {
      for (const gathered of columns.values()) joined.push(joinRows(gathered, this.#steps));
    }
    return joined;
  }

  #collective(row: StepRow): Gathered | undefined {
    const communicator = this.#communicatorIndex.get(row.communicator);
    if (communicator === undefined) return undefined;
    return this.#column(row.communicator, row.collective, communicator, row.collective, row.size);
  }

  /** A Send and the Recv at its other end meet in a communicator of the two. */
  #pair(row: StepRow, peer: number): Gathered | undefined {
    if (row.collective !== "Send" && row.collective !== "Recv") return undefined;
    const low = Math.min(row.rank, peer);
    const high = Math.max(row.rank, peer);
    const id = `${row.communicator} ${low}-${high}`;
    let communicator = this.#communicatorIndex.get(id);
    if (communicator === undefined) {
      const group = this.#topology.groups.get(row.communicator);
      if (group === undefined) return undefined;
      communicator = this.communicators.length;
      this.#communicatorIndex.set(id, communicator);
      const members = Int32Array.of(...[low, high].map((rank) => this.indexOf(group.processes[rank]) ?? -1));
      // Ranks of a pipeline send to each other; so do those of an expert group, as a part of an all-to-all.
      const kind = group.kind === "?" || group.kind === "WORLD" ? "PP" : group.kind;
      this.communicators.push({ id, kind, members });
    }
    const upwards = (row.collective === "Send") === row.rank < peer;
    return this.#column(id, upwards ? "up" : "down", communicator, "SendRecv", 2);
  }

  #column(
    id: string,
    key: string,
    communicator: number,
    collective: Gathered["collective"],
    members: number,
  ): Gathered {
    let columns = this.#gathered.get(id);
    if (columns === undefined) {
      columns = new Map();
      this.#gathered.set(id, columns);
    }
    let found = columns.get(key);
    if (found === undefined) {
      found = { communicator, collective, members, rows: [] };
      columns.set(key, found);
    }
    return found;
  }
}

type Shape = { readonly slots: number; readonly perSlot: number };

/** That of most rows. */
function usualShape(rows: readonly Placed[]): Shape {
  const votes = new Map<number, number>();
  let best = 0;
  for (const { row } of rows) {
    const key = row.perSlot * 1024 + row.exec_us.length;
    const count = (votes.get(key) ?? 0) + 1;
    votes.set(key, count);
    if (best === 0 || count > votes.get(best)!) best = key;
  }
  return { slots: best % 1024, perSlot: Math.floor(best / 1024) };
}

function joinRows({ communicator, collective, members, rows }: Gathered, steps: number): OperationColumn {
  const { slots, perSlot } = usualShape(rows);
  const exec = new Float32Array(steps * slots * members).fill(Number.NaN);
  const dated = rows.some(({ row }) => row.start_us.length > 0);
  const start = dated ? new Float32Array(exec.length).fill(Number.NaN) : undefined;
  const begins = collective === "SendRecv" ? undefined : usualBegins(rows, steps);
  const gapless =
    begins?.every((seq, step) => step === 0 || !(Math.abs(seq - begins[step - 1]! - slots * perSlot) > 0)) ?? false;
  for (const { row, step, member } of rows) {
    if (row.perSlot !== perSlot) continue;
    // By number, not by place: a rank that ends its step an operation later has the same operations in other slots.
    const off = begins === undefined ? 0 : row.seq - begins[step]!;
    if (off !== 0 && !gapless) continue;
    for (let slot = 0; slot < row.exec_us.length; slot++) {
      const found = (off + slot * perSlot) / perSlot;
      const inStep = step + Math.floor(found / slots);
      if (!Number.isInteger(found) || inStep < 0 || inStep >= steps) continue;
      const at = (step * slots + found) * members + member;
      exec[at] = row.exec_us[slot]!;
      if (start !== undefined && inStep === step && row.start_us.length > 0) start[at] = row.start_us[slot]!;
    }
  }
  const operation = { communicator, collective, bytes: commonBytes(rows), slots, perSlot, exec };
  return start === undefined ? operation : { ...operation, start };
}

/** By step: the sequence number with which most ranks begin it. */
function usualBegins(rows: readonly Placed[], steps: number): Float64Array {
  const votes: Map<number, number>[] = Array.from({ length: steps }, () => new Map());
  const begins = new Float64Array(steps).fill(Number.NaN);
  for (const { row, step } of rows) {
    const ofStep = votes[step]!;
    const count = (ofStep.get(row.seq) ?? 0) + 1;
    ofStep.set(row.seq, count);
    if (Number.isNaN(begins[step]!) || count > ofStep.get(begins[step]!)!) begins[step] = row.seq;
  }
  return begins;
}

function commonBytes(rows: readonly Placed[]): number {
  const first = rows[0]?.row.bytes;
  return first !== undefined && rows.every(({ row }) => row.bytes === first) ? first : Number.NaN;
}
