/** The five workloads of the default cluster: how hard each drives a GPU when it is at it. */
import type { ServingProfile, TrainingProfile } from "./load.ts";

export const PRETRAIN_A: TrainingProfile = {
  kind: "training",
  framebufferMiB: 74_310,
  clockBound: 0.6,
  stepSeconds: 3.4,
  microBatches: 4,
  checkpoint: { everySeconds: 2400, lastsSeconds: 40 },
  evaluation: { everySeconds: 6 * 3600, lastsSeconds: 260 },
  pauseChance: 0.5,
  compute: {
    busy: 1,
    sm: 0.83,
    tensor: 0.52,
    dram: 0.47,
    fp32: 0.09,
    fp16: 0.03,
    nvlink: 131e9,
    pcieTx: 0.9e9,
    pcieRx: 1.3e9,
  },
};

export const FINETUNE_B: TrainingProfile = {
  kind: "training",
  framebufferMiB: 68_870,
  clockBound: 0.55,
  stepSeconds: 2.41,
  microBatches: 2,
  checkpoint: { everySeconds: 1500, lastsSeconds: 22 },
  evaluation: { everySeconds: 2.5 * 3600, lastsSeconds: 330 },
  pauseChance: 0.35,
  compute: {
    busy: 0.99,
    sm: 0.76,
    tensor: 0.41,
    dram: 0.53,
    fp32: 0.11,
    fp16: 0.04,
    nvlink: 74e9,
    pcieTx: 2.1e9,
    pcieRx: 2.6e9,
  },
};

export const CHAT_70B: ServingProfile = {
  kind: "serving",
  framebufferMiB: 72_640,
  clockBound: 0.35,
  peak: 0.86,
  trough: 0.22,
  peakHourUtc: 15,
  weekend: 0.66,
  idleShare: 0.3,
  compute: {
    busy: 1,
    sm: 0.71,
    tensor: 0.24,
    dram: 0.78,
    fp32: 0.08,
    fp16: 0.05,
    nvlink: 46e9,
    pcieTx: 0.6e9,
    pcieRx: 0.5e9,
  },
};

export const CHAT_7B: ServingProfile = {
  kind: "serving",
  framebufferMiB: 71_290,
  clockBound: 0.35,
  peak: 0.74,
  trough: 0.18,
  peakHourUtc: 14,
  weekend: 0.72,
  idleShare: 0.25,
  compute: {
    busy: 1,
    sm: 0.64,
    tensor: 0.19,
    dram: 0.71,
    fp32: 0.07,
    fp16: 0.05,
    nvlink: 0,
    pcieTx: 0.2e9,
    pcieRx: 0.3e9,
  },
};

export const EMBED: ServingProfile = {
  kind: "serving",
  framebufferMiB: 18_420,
  clockBound: 0.75,
  peak: 0.58,
  trough: 0.3,
  peakHourUtc: 11,
  weekend: 0.8,
  nightly: { fromHour: 1, toHour: 4.5 },
  idleShare: 0.15,
  compute: {
    busy: 1,
    sm: 0.78,
    tensor: 0.44,
    dram: 0.36,
    fp32: 0.1,
    fp16: 0.12,
    nvlink: 0,
    pcieTx: 1.1e9,
    pcieRx: 3.2e9,
  },
};
