/**
 * What one GPU and its node said about themselves during the window a finding speaks of. Absent or undefined is "not
 * known": a source that was not there, a blank sentinel, too few samples; 0 is a measured zero.
 */

/** A bit of DCGM_FI_DEV_CLOCKS_EVENT_REASONS that was seen (see gpu/clock-reasons.ts). */
export type ClockReasonShare = {
  /** The bit's value, one power of two: 0x40, not 6. */
  readonly bit: number;
  /** Of the window's samples that had it, 0..1. */
  readonly share: number;
};

export type XidSeen = {
  readonly code: number;
  /** Milliseconds since 1970. */
  readonly at: number;
};

/** Growth of the DCGM_FI_DEV_*_VIOLATION counters over the window: nanoseconds the clock was held down by it. */
export type ViolationNs = {
  readonly thermal?: number | undefined;
  readonly power?: number | undefined;
  readonly reliability?: number | undefined;
  readonly boardLimit?: number | undefined;
};

/** Growth of the NVLink error counters over the window, summed over the GPU's links. */
export type NvlinkErrors = {
  readonly crc?: number | undefined;
  readonly replay?: number | undefined;
  readonly recovery?: number | undefined;
};

/** Growth of the counters of the node's InfiniBand or Ethernet ports over the window, summed over the ports. */
export type NicErrors = {
  readonly symbol?: number | undefined;
  readonly linkDowned?: number | undefined;
  readonly receive?: number | undefined;
};

export type EccErrors = {
  /** Growth over the window. */
  readonly singleBit?: number | undefined;
  readonly doubleBit?: number | undefined;
};

export type RowRemap = {
  /** State at the end of the window. */
  readonly pending?: boolean | undefined;
  readonly failure?: boolean | undefined;
};

export type GpuWindow = {
  /** UUID; of a MIG instance its parent's. */
  readonly gpu?: string | undefined;
  readonly node?: string | undefined;
  /** Of the job, where the GPU is known to be a rank's. */
  readonly rank?: number | undefined;
  /** Length of the window. */
  readonly seconds: number;

  /** Medians over the window. */
  readonly smClockMhz?: number | undefined;
  readonly powerW?: number | undefined;
  readonly temperatureC?: number | undefined;
  /** Shares of time, 0..1, means over the window (DCGM_FI_PROF_*). */
  readonly grEngineActive?: number | undefined;
  readonly smActive?: number | undefined;
  readonly tensorActive?: number | undefined;
  readonly dramActive?: number | undefined;

  /** Reasons that were seen, with their share of the window; an empty list says that they were read and none was set. */
  readonly clockReasons?: readonly ClockReasonShare[] | undefined;
  readonly violationNs?: ViolationNs | undefined;

  readonly xids?: readonly XidSeen[] | undefined;
  readonly ecc?: EccErrors | undefined;
  readonly rowRemap?: RowRemap | undefined;

  /** Growth of the replay counter, per minute. */
  readonly pcieReplaysPerMinute?: number | undefined;
  /** At the end of the window. */
  readonly pcieGeneration?: number | undefined;
  readonly pcieWidth?: number | undefined;

  readonly nvlink?: NvlinkErrors | undefined;
  readonly nic?: NicErrors | undefined;

  /** Processes on the GPU that are not the job's. */
  readonly otherProcesses?: number | undefined;
  /** Of the node's CPU time that the hypervisor gave to others, 0..1. */
  readonly cpuStealShare?: number | undefined;
  /** Of the step that the rank waited for its data loader, 0..1, where the job reports it. */
  readonly dataLoaderShare?: number | undefined;
  /** Correlation over the steps of the rank's self time with its tokens or its sum of squared lengths, where the job reports them. */
  readonly workCorrelation?: number | undefined;
};

/** What is usual for this GPU, from its own last day: counters that always tick a little are judged against it. */
export type GpuBaseline = {
  /** 99th percentiles of the rates. */
  readonly pcieReplaysPerMinute?: number | undefined;
  readonly nvlinkErrorsPerMinute?: number | undefined;
  readonly nicErrorsPerMinute?: number | undefined;
  /** Median while the GPU worked; stands in for peers where there are none. */
  readonly smClockMhz?: number | undefined;
};
