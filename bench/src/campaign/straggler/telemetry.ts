/** What the GPUs of a job say over a window of its steps: consistent with the fault, and with decoys that are not the cause. */
import type { ClockReasonShare, GpuBaseline, GpuWindow } from "@lockstep/analysis/cause/gpu-window";
import type { Fault } from "./fault.ts";
import { nodeName, nodeOf, rankCount } from "./layout.ts";
import { parameters } from "./parameters.ts";
import { Random } from "./random.ts";
import { gpuOf } from "./recorder.ts";
import type { Scenario } from "./scenario.ts";

const { telemetry, work, faults } = parameters;

/** Bits of DCGM_FI_DEV_CLOCKS_EVENT_REASONS. */
const bits = { idle: 0x1, powerCap: 0x4, softwareThermal: 0x20, hardwareThermal: 0x40, powerBrake: 0x80 } as const;

export const baseline: GpuBaseline = {
  pcieReplaysPerMinute: telemetry.pcieReplaysPerMinute.p99,
  nvlinkErrorsPerMinute: telemetry.linkErrorsPerMinute.p99,
  nicErrorsPerMinute: telemetry.linkErrorsPerMinute.p99,
  smClockMhz: telemetry.smClockMhz,
};

export type Span = {
  readonly firstStep: number;
  readonly steps: number;
  readonly seconds: number;
  /** Milliseconds since 1970. */
  readonly endedAt: number;
};

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type Draft = Mutable<Omit<GpuWindow, "clockReasons" | "violationNs">> & {
  readonly clockReasons: ClockReasonShare[];
  readonly violationNs: { thermal: number; power: number };
};

/** By job rank; ranks that are not heard have GPUs that are. */
export function telemetryOf(scenario: Scenario, span: Span): GpuWindow[] {
  const random = new Random(scenario.seed, `telemetry ${span.firstStep}`);
  const lasting = new Random(scenario.seed, "telemetry of the job");
  const reports = reportsOf(scenario.seed);
  const gpus = Array.from({ length: rankCount(scenario.layout) }, (_, rank) =>
    healthy(scenario, span, rank, random, reports),
  );
  addDecoys(scenario, span, gpus);
  const { fault } = scenario;
  if (fault) addFault({ scenario, span, gpus, fault, lasting, reports, share: shareOfFault(fault, span) });
  return gpus;
}

type Reports = Readonly<Record<keyof typeof telemetry.reports, boolean>>;

/** What a cluster tells beyond the usual; told by the job, not by the window. */
export function reportsOf(seed: number): Reports {
  const random = new Random(seed, "reports");
  return {
    otherProcesses: random.chance(telemetry.reports.otherProcesses),
    dataLoader: random.chance(telemetry.reports.dataLoader),
    cpuSteal: random.chance(telemetry.reports.cpuSteal),
    tokens: random.chance(telemetry.reports.tokens),
  };
}

function healthy({ seed, layout }: Scenario, span: Span, rank: number, random: Random, reports: Reports): Draft {
  const active = (mean: number) => Math.min(1, mean * (1 + telemetry.activeCv * random.normal()));
  const minutes = span.seconds / 60;
  const errors = () => (random.chance(telemetry.linkErrorsPerMinute.mean * minutes) ? 1 : 0);
  return {
    gpu: gpuOf(seed, rank),
    node: nodeName(nodeOf(layout, rank)),
    rank,
    seconds: span.seconds,
    smClockMhz: telemetry.smClockMhz * (1 + telemetry.smClockCv * random.normal()),
    powerW: telemetry.powerW.mean + telemetry.powerW.sd * random.normal(),
    temperatureC: telemetry.temperatureC.mean + telemetry.temperatureC.sd * random.normal(),
    grEngineActive: active(telemetry.grEngineActive),
    smActive: active(telemetry.smActive),
    tensorActive: active(telemetry.tensorActive),
    dramActive: active(telemetry.dramActive),
    clockReasons: [],
    violationNs: { thermal: 0, power: 0 },
    xids: [],
    ecc: { singleBit: 0, doubleBit: 0 },
    rowRemap: { pending: false, failure: false },
    pcieReplaysPerMinute: random.chance(telemetry.pcieReplaysPerMinute.mean * minutes) ? 1 / minutes : 0,
    pcieGeneration: 5,
    pcieWidth: 16,
    nvlink: { crc: errors(), replay: 0, recovery: 0 },
    nic: { symbol: errors(), linkDowned: 0, receive: 0 },
    ...(reports.otherProcesses ? { otherProcesses: 0 } : {}),
    ...(reports.cpuSteal ? { cpuStealShare: 0.002 * random.exponential() } : {}),
    ...(reports.dataLoader ? { dataLoaderShare: 0.01 * random.uniform() } : {}),
    // Only where lengths vary have tokens anything to do with self time.
    ...(reports.tokens ? { workCorrelation: 0.3 * random.uniform() } : {}),
  };
}

function addDecoys({ decoys }: Scenario, span: Span, gpus: Draft[]): void {
  const hot = decoys.hotRank === undefined ? undefined : gpus[decoys.hotRank]!;
  if (hot) {
    hot.temperatureC = telemetry.hotC;
    hot.clockReasons.push({ bit: bits.softwareThermal, share: telemetry.hotBlip });
  }
  const failed = decoys.xidRank === undefined ? undefined : gpus[decoys.xidRank]!;
  if (failed) {
    failed.xids = [{ code: parameters.decoys.applicationXid.code, at: span.endedAt - span.seconds * 500 }];
  }
  if (decoys.powerCap) for (const gpu of gpus) gpu.clockReasons.push({ bit: bits.powerCap, share: 0.6 });
}

/** Of the window's steps, how many lie after the onset. */
function shareOfFault(fault: Fault, { firstStep, steps }: Span): number {
  return Math.max(0, Math.min(1, (firstStep + steps - fault.onset) / steps));
}

type Scene = {
  readonly scenario: Scenario;
  readonly span: Span;
  readonly gpus: Draft[];
  readonly fault: Fault;
  /** Draws that stay the same in all windows of the job. */
  readonly lasting: Random;
  readonly reports: Reports;
  readonly share: number;
};

function addFault(scene: Scene): void {
  const { fault, gpus } = scene;
  if (scene.share === 0) return;
  for (const rank of fault.ranks) {
    const gpu = gpus[rank]!;
    if (fault.kind === "thermal throttle" || fault.nodeReason === "thermal") overheat(scene, gpu);
    if (fault.kind === "power brake") brake(scene, gpu);
    if (fault.kind === "contention") contend(scene, gpu);
    if (fault.kind === "data-loader stall" || fault.nodeReason === "cpu") starve(scene, gpu);
  }
  if (fault.groups.length > 0 && !isSilent(scene)) addLinkErrors(scene);
  if (fault.kind === "sequence imbalance" && scene.reports.tokens) for (const gpu of gpus) gpu.workCorrelation = 0.97;
}

/** A link may lose time without any counter showing it; told by the job, not by the window. */
export function isSilentLink(seed: number): boolean {
  return new Random(seed, "silent link").chance(telemetry.silentLinks);
}

function isSilent({ scenario }: Scene): boolean {
  return isSilentLink(scenario.seed);
}

/** Work in proportion to the clock: the clock fell by what the rank is slower. Medians follow when it fell in most samples. */
function overheat({ fault, share, span }: Scene, gpu: Draft): void {
  if (share > 0.5) gpu.smClockMhz = gpu.smClockMhz! / fault.severity;
  gpu.temperatureC = telemetry.hotC + 3;
  gpu.powerW = gpu.powerW! / fault.severity;
  gpu.clockReasons.push({ bit: bits.hardwareThermal, share: 0.9 * share });
  gpu.violationNs.thermal = share * span.seconds * 1e9 * (1 - 1 / fault.severity);
}

function brake({ fault, share, span }: Scene, gpu: Draft): void {
  const { duty } = faults.powerBrake;
  if (share * duty > 0.5) gpu.smClockMhz = gpu.smClockMhz! / (1 + (fault.severity - 1) / duty);
  gpu.clockReasons.push({ bit: bits.powerBrake, share: duty * share });
  gpu.violationNs.power = share * duty * span.seconds * 1e9 * (1 - 1 / fault.severity);
}

function contend({ fault, share, reports }: Scene, gpu: Draft): void {
  const slowed = 1 + share * (fault.severity - 1);
  gpu.dramActive = Math.min(1, gpu.dramActive! * (1 + share * (telemetry.contentionDram - 1)));
  gpu.tensorActive = gpu.tensorActive! / slowed;
  gpu.smActive = Math.min(1, gpu.smActive! * 1.05);
  if (reports.otherProcesses) gpu.otherProcesses = 1;
}

/** The GPU stands idle while its peers, who wait for it inside a collective's kernel, count as active. */
function starve({ fault, share, lasting, reports, scenario, span }: Scene, gpu: Draft): void {
  const { layout } = scenario;
  const workSeconds = (work.forwardUs * (1 + work.backwardRatio) * layout.microBatches) / 1e6;
  const idle = Math.min(0.9, (share * (fault.severity - 1) * workSeconds * span.steps) / span.seconds);
  gpu.grEngineActive = gpu.grEngineActive! * (1 - idle);
  gpu.smActive = gpu.smActive! * (1 - idle);
  gpu.clockReasons.push({ bit: bits.idle, share: idle });
  if (reports.dataLoader && fault.kind === "data-loader stall") gpu.dataLoaderShare = idle;
  if (reports.cpuSteal && fault.nodeReason === "cpu") gpu.cpuStealShare = lasting.between(telemetry.cpuSteal);
}

/** The node's network ports are counted together, so all of its GPUs show a bad one; links of NVLink are a GPU's own. */
function addLinkErrors({ fault, gpus, scenario, span, share, lasting }: Scene): void {
  const errors = Math.round(lasting.between(telemetry.slowLinkErrorsPerSecond) * span.seconds * share);
  for (const gpu of gpus) {
    if (fault.kind === "slow NVLink" && gpu.rank === fault.ranks[0]) {
      gpu.nvlink = { crc: errors, replay: Math.round(errors / 3), recovery: 0 };
    }
    if (fault.kind === "slow NIC" && gpu.node === nodeName(nodeOf(scenario.layout, fault.ranks[0]!))) {
      gpu.nic = { symbol: errors, linkDowned: 0, receive: Math.round(errors / 5) };
    }
  }
}
