/**
 * Noise and faults of the simulated training jobs, all in this file. Written before the detector was tuned against them,
 * and not to be touched afterwards: whoever changes a number here has a new campaign, whose figures do not compare with the
 * old ones. The report prints a hash of this object for that reason.
 */
export const parameters = {
  window: {
    /** Steps judged together, and how far the next window starts: what the product does (docs/straggler.md). */
    steps: 20,
    hop: 5,
  },

  /** A dense transformer of a few billion parameters a stage; only ratios matter to the detector. Microseconds. */
  work: {
    /** Forward of one micro-batch in one stage; the backward is twice that, as two matrix products stand against one. */
    forwardUs: 10_000,
    backwardRatio: 2,
    /** Parts of a forward or backward pass, each closed by a tensor-parallel all-reduce (bundles of layers). */
    partsPerPass: 2,
    optimizerUs: 6_000,
    /** Transfer of one tensor-parallel all-reduce: about 8 % of the pass over NVLink, as Megatron reports for 8 GPUs. */
    tensorUs: 420,
    /** Activations to the next stage, 32 MB at 50 GB/s. */
    pipelineUs: 640,
    /** Reduce-scatter of gradients and all-gather of parameters over the network. */
    reduceScatterUs: 18_000,
    allGatherUs: 11_000,
    tensorBytes: 33_554_432,
    pipelineBytes: 33_554_432,
    dataBytes: 805_306_368,
  },

  compute: {
    /** CV of one part of a pass, drawn per job: kernels of a healthy GPU vary by 1 % (fixed clocks) to 5 % (boost clocks). */
    cv: { low: 0.01, high: 0.05 },
    /** Lasting difference between healthy GPUs (silicon, place in the chassis), standard deviation of the logarithm ... */
    lastingCv: 0.008,
    /** ... cut here: a GPU that is further off is no longer healthy. */
    lastingLimit: 0.02,
    /** Garbage collection, kernel work, network interrupts: chance per rank and step, and a Pareto-tailed pause. */
    pauseChance: 0.004,
    pauseUs: 4_000,
    pauseTail: 1.6,
    pauseLimitUs: 400_000,
    /** Launch and stream jitter of a part, exponential. */
    jitterUs: 25,
  },

  sequence: {
    /** CV of the sequence length of a micro-batch: packed to equal length, lightly varied, long-tailed documents. */
    cv: [0, 0.1, 0.2],
    /** Share of the cost that is linear in the length (projections); the rest is quadratic (attention). */
    linearShare: 0.75,
  },

  communication: {
    /** Of one operation: protocol, switch queues. */
    cv: 0.04,
    /** Lasting difference between healthy groups (cable lengths, rails), standard deviation of the logarithm, and its cut. */
    lastingCv: 0.015,
    lastingLimit: 0.04,
    /** Congestion: chance per operation, and how much longer it takes then, at most (uniform). */
    congestionChance: 0.01,
    congestionUpTo: 2,
  },

  clocks: {
    /** Ends of the uniform distribution, either way: machines without PTP drift this far between NTP corrections. */
    skewSeconds: 1,
    driftPpm: 50,
  },

  recording: {
    /** Jobs in which some ranks are not heard at all, and the share of ranks that is not: a collector down, a file lost. */
    missingRanksChance: 0.5,
    missingRanks: 0.05,
    /** Chance per rank and step that its ring overflowed, and how many operations in sequence are gone then. */
    gapChance: 0.002,
    gapOperations: { low: 4, high: 40 },
    /** Durations and starts are written in whole microseconds. */
    resolutionUs: 1,
  },

  /** Things that look like a fault and are none. Chances per job in the healthy half; in jobs with a fault, each by half. */
  decoys: {
    /** Work beside the pipeline's bubble: more self time for long, and nobody waits. Share of the bubble it fills. */
    slack: { chance: 0.25, bubbleShare: { low: 0.3, high: 0.7 } },
    /** One rank stalls in single steps: NCCL re-init, page-cache flush, a log upload. Multiples of the step. */
    spike: { chance: 0.4, every: 60, steps: { low: 0.3, high: 4 } },
    /** All ranks stop for a checkpoint or an evaluation; the writers (first replica) longer. */
    pause: { chance: 0.4, every: 70, seconds: { low: 2, high: 40 }, writersLonger: 0.5, cv: 0.1 },
    /** Lastingly slower, but by less than anybody would drain a node for. */
    slightlySlow: { chance: 0.4, excess: { low: 0.01, high: 0.029 } },
    /** A pipeline is never cut into equal stages. */
    unevenStages: { chance: 0.5, excess: { low: 0.01, high: 0.06 } },
    /** In the telemetry only: hot without slowing, and an application error of another process. */
    hotGpu: { chance: 0.3 },
    applicationXid: { chance: 0.3, code: 43 },
    /** Clock reason "SW power cap", which is the normal state of a busy GPU. */
    powerCap: { chance: 0.5 },
  },

  faults: {
    severities: [1.05, 1.1, 1.2, 1.5, 2],
    /** From this severity on the detector's recall is held against its target: below it, the fault is within the noise. */
    countedFrom: 1.2,
    /** Healthy steps before the fault, one window and a random part of the hop on top. */
    healthySteps: 20,
    /** Steps after the onset until which it is looked for. */
    lookedForSteps: 60,
    /** Throttling swings around its mean: temperature against clock. Share of the excess, period in steps. */
    thermal: { swing: 0.25, periodSteps: { low: 6, high: 20 } },
    /** An external brake comes in bursts: share of the passes in which it is on; the excess there is so much larger. */
    powerBrake: { duty: 0.6 },
    /** A starved GPU waits before single micro-batches: chance per micro-batch, exponential, mean kept. */
    dataLoader: { chance: 0.5 },
    /** Somebody else's kernels: excess by pass, lognormal, this CV, mean kept. */
    contention: { cv: 0.5 },
    /** Ranks of a slow node are not equally slow. */
    slowNode: { spread: 0.05 },
    /** A bad link retransmits: excess by operation, lognormal, this CV, mean kept. */
    link: { cv: 0.3 },
  },

  /** What the GPUs report. Healthy values with their spread between GPUs, and what a fault does to them. */
  telemetry: {
    smClockMhz: 1_755,
    smClockCv: 0.008,
    smActive: 0.78,
    grEngineActive: 0.95,
    activeCv: 0.015,
    tensorActive: 0.45,
    dramActive: 0.4,
    temperatureC: { mean: 62, sd: 4 },
    hotC: 84,
    powerW: { mean: 610, sd: 25 },
    /** Correctable PCIe replays and link errors happen on healthy machines; the 99th percentile of their own day. */
    pcieReplaysPerMinute: { mean: 0.003, p99: 0.1 },
    linkErrorsPerMinute: { mean: 0.01, p99: 0.5 },
    /** Retransmissions a second of a link that is slow. */
    slowLinkErrorsPerSecond: { low: 2, high: 40 },
    /** A share of real link faults shows in no counter at all: then no cause may be named. */
    silentLinks: 0.1,
    /** Of a hot GPU that is not slow: share of the samples with the thermal bit, a blip at the change of a state. */
    hotBlip: 0.02,
    /** Memory and tensor pipes under somebody else's kernels. */
    contentionDram: 1.45,
    /** CPU time stolen on a starved node. */
    cpuSteal: { low: 0.08, high: 0.3 },
    /** Chances that a cluster reports what dcgm-exporter does not: other processes, the data loader, tokens of a rank. */
    reports: { otherProcesses: 0.7, dataLoader: 0.3, cpuSteal: 0.8, tokens: 0.3 },
  },
} as const;

export type Parameters = typeof parameters;
