/** The planted faults by what they are on. */
import type { Cluster } from "./cluster.ts";
import {
  coolingLost,
  type GpuEffect,
  type GpuFault,
  gpuEffect,
  isOfJob,
  isOfModel,
  type JobEffect,
  type JobFault,
  jobEffect,
  type ModelEffect,
  type ModelFault,
  modelEffect,
  NO_EFFECT,
  NO_MODEL_EFFECT,
  type PlantedFault,
} from "./faults.ts";

const NO_JOB_EFFECT: JobEffect = { stages: new Map(), sequenceCv: 0, phase: undefined };

export class FaultBook {
  readonly #cluster: Cluster;
  readonly #ofGpu = new Map<number, GpuFault[]>();
  readonly #ofJob = new Map<string, JobFault[]>();
  readonly #ofModel = new Map<string, ModelFault[]>();

  constructor(cluster: Cluster, faults: readonly PlantedFault[] = []) {
    this.#cluster = cluster;
    for (const fault of faults) this.plant(fault);
  }

  /** Throws for a GPU, a job or a served model that the cluster does not have. */
  plant(fault: PlantedFault): void {
    if (isOfModel(fault)) {
      if (!this.#cluster.workloads.some(({ name, layout }) => name === fault.model && layout.serves !== undefined)) {
        throw new Error(`fault ${fault.source}: there is no served model ${fault.model}`);
      }
      this.#ofModel.set(fault.model, [...(this.#ofModel.get(fault.model) ?? []), fault]);
      return;
    }
    if (isOfJob(fault)) {
      if (!this.#cluster.workloads.some(({ name }) => name === fault.job)) {
        throw new Error(`fault ${fault.source}: there is no job ${fault.job}`);
      }
      this.#ofJob.set(fault.job, [...(this.#ofJob.get(fault.job) ?? []), fault]);
      return;
    }
    const gpu = this.#cluster.gpus.find(({ node, gpu }) => node === fault.node && gpu === fault.gpu);
    if (gpu === undefined) throw new Error(`fault ${fault.source}: there is no GPU ${fault.gpu} on ${fault.node}`);
    this.#ofGpu.set(gpu.index, [...(this.#ofGpu.get(gpu.index) ?? []), fault]);
  }

  /** Share of its cooling that the GPU has lost. */
  coolingLost(gpu: number, timeMs: number): number {
    let lost = 0;
    for (const fault of this.#ofGpu.get(gpu) ?? []) {
      if (fault.kind === "thermal-throttle" || fault.kind === "hot-gpu") {
        lost = Math.max(lost, coolingLost(fault, timeMs));
      }
    }
    return lost;
  }

  effectOn(gpu: number, timeMs: number): Readonly<GpuEffect> {
    const faults = this.#ofGpu.get(gpu);
    return faults === undefined ? NO_EFFECT : gpuEffect(faults, timeMs);
  }

  effectOnJob(job: string, timeMs: number): JobEffect {
    const faults = this.#ofJob.get(job);
    return faults === undefined ? NO_JOB_EFFECT : jobEffect(faults, timeMs);
  }

  effectOnModel(model: string, timeMs: number): ModelEffect {
    const faults = this.#ofModel.get(model);
    return faults === undefined ? NO_MODEL_EFFECT : modelEffect(faults, timeMs);
  }
}
