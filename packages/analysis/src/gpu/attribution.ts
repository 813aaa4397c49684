/** Who used which GPU from when to when: intervals from the labels of its samples and the mapping file. */
import type { Labels } from "@lockstep/schemas/domain/labels";
import type { GpuMapping, Mapped } from "./gpu-mapping.ts";
import { gpuKey, gpuOf } from "./identity.ts";
import { type Workload, workloadOf } from "./workload-labels.ts";

/** Keys as they are stored; undefined is not known. */
export type Attribution = {
  /** UUID; node and number where there is none. */
  readonly gpu: string;
  /** MIG: the GPU instance. */
  readonly mig: string | undefined;
  /** Milliseconds since 1970: first and last time it was seen. */
  readonly from: number;
  readonly to: number;
  readonly node: string | undefined;
  readonly namespace: string | undefined;
  readonly pod: string | undefined;
  readonly container: string | undefined;
  readonly job: string | undefined;
  readonly model: string | undefined;
  readonly replica: string | undefined;
  readonly price_class: string | undefined;
};

export type AttributionSettings = {
  /** An interval goes on over gaps up to this, milliseconds: some scrapes without the labels break nothing. */
  readonly maxGapMs: number;
  /** Intervals open at the same time; beyond, new ones are not taken and counted in `refused`. */
  readonly maxOpen?: number;
};

type Open = { readonly who: Omit<Attribution, "from" | "to">; readonly from: number; to: number };

/**
 * Takes every sample's labels, or one sample of each GPU and scrape. Several workloads on one GPU at the same time (shared
 * GPUs, a series repeated with another hpc_job) are intervals side by side.
 */
export class AttributionFolder {
  readonly #maxGapMs: number;
  readonly #maxOpen: number;
  readonly #mapping: GpuMapping | undefined;
  readonly #open = new Map<string, Open>();
  #closed: Attribution[] = [];
  #refused = 0;

  constructor({ maxGapMs, maxOpen = 1_000_000 }: AttributionSettings, mapping?: GpuMapping) {
    this.#maxGapMs = maxGapMs;
    this.#maxOpen = maxOpen;
    this.#mapping = mapping;
  }

  /** Intervals that there was no room for. */
  get refused(): number {
    return this.#refused;
  }

  /** `at`: when the sample was scraped, milliseconds since 1970. Samples may come a little out of order. */
  add(labels: Labels, at: number): void {
    const gpu = gpuOf(labels);
    if (gpu === undefined) return;
    const workload = workloadOf(labels);
    const mapped = this.#mapping?.of(gpu);
    if (workload === undefined && mapped === undefined) return;
    const who = {
      gpu: gpu.uuid ?? gpuKey({ ...gpu, mig: undefined }),
      mig: gpu.mig?.instance,
      node: gpu.node,
      ...joined(workload, mapped),
    };
    this.#extend(who, at);
  }

  #extend(who: Open["who"], at: number): void {
    const key = JSON.stringify(Object.values(who).map((value) => value ?? null));
    const open = this.#open.get(key);
    if (open !== undefined && at - open.to <= this.#maxGapMs) {
      if (at >= open.from) open.to = Math.max(open.to, at);
      return;
    }
    if (open !== undefined) this.#close(key, open);
    if (this.#open.size >= this.#maxOpen) {
      this.#refused++;
      return;
    }
    this.#open.set(key, { who, from: at, to: at });
  }

  #close(key: string, open: Open): void {
    this.#open.delete(key);
    this.#closed.push(intervalOf(open));
  }

  /** Gives away the intervals that ended: not seen for longer than the gap at `now`. */
  takeClosed(now: number): Attribution[] {
    for (const [key, open] of this.#open) if (now - open.to > this.#maxGapMs) this.#close(key, open);
    const closed = this.#closed;
    this.#closed = [];
    return closed;
  }

  /** Those that go on, up to when they were last seen. */
  open(): Attribution[] {
    return [...this.#open.values()].map(intervalOf);
  }
}

function intervalOf({ who, from, to }: Open): Attribution {
  return { ...who, from, to };
}

/** The file is written on purpose: where it names something, it stands. */
function joined(workload: Workload | undefined, mapped: Mapped | undefined) {
  return {
    namespace: mapped?.namespace ?? workload?.namespace,
    pod: mapped?.pod ?? workload?.pod,
    container: workload?.container,
    job: mapped?.job ?? workload?.job,
    model: mapped?.model,
    replica: mapped?.replica,
    price_class: mapped?.price_class,
  };
}
