/**
 * What NVIDIA's Xid codes (Ampere and later) mean for whoever is on call. The errors of NVSwitches (SXid) have numbers of
 * their own and are not these.
 */

export type XidBlame =
  | "app"
  | "hardware"
  | "driver"
  | "link"
  | "pcie"
  | "power"
  | "config"
  /** Follows another error and tells nothing by itself. */
  | "sympathetic"
  /** Speaks of what to do, not of a fault. */
  | "meta"
  | "unknown";

/** critical: the GPU is not to be used until acted on; warning: work was lost or the GPU is wearing; info: nothing to do now. */
export type XidSeverity = "critical" | "warning" | "info";

export type Xid = {
  readonly code: number;
  readonly meaning: string;
  /** What to do now. */
  readonly immediate: string;
  /** What to find out afterwards; "" where nothing. */
  readonly investigate: string;
  readonly blame: XidBlame;
  readonly severity: XidSeverity;
  readonly listed: boolean;
};

type Row = readonly [
  codes: readonly number[],
  meaning: string,
  immediate: string,
  investigate: string,
  blame: XidBlame,
  severity: XidSeverity,
];

const restart = "restart the application";
const reset = "drain the node and reset the GPU";
const nothing = "nothing to do";
const support = "if it returns, contact support";
const userCode = "look at the application with a memory checker; rule out hardware by a node test";
const nvlink5 = "the sub-code in the message decides: check NVLink state, cables and fabric manager";

const rows: readonly Row[] = [
  [[8], "the GPU stopped processing (watchdog)", restart, userCode, "app", "warning"],
  [
    [11, 25, 32, 80],
    "invalid or corrupted commands reached the GPU",
    restart,
    "application first, then PCIe signal quality",
    "app",
    "warning",
  ],
  [[13], "exception in the graphics or compute engine", restart, userCode, "app", "warning"],
  [[31], "access to an address the GPU has not mapped", restart, userCode, "app", "warning"],
  [[37, 38], "error in the driver's firmware", nothing, support, "driver", "warning"],
  [
    [...range(39, 41), ...range(70, 72), ...range(75, 77), 85, ...range(126, 135)],
    "exception in a copy engine",
    restart,
    support,
    "hardware",
    "warning",
  ],
  [
    [43],
    "a user process made the GPU stop; the GPU itself is fine",
    nothing,
    "the application that failed",
    "app",
    "info",
  ],
  [[44], "fault in an engine while contexts switched", nothing, "the application that failed", "app", "info"],
  [
    [45],
    "channels of a process cleaned up after another error",
    "follow the Xid that came before",
    "alone and repeated: restart the fabric manager",
    "sympathetic",
    "info",
  ],
  [[46], "the GPU stopped processing and did not recover", reset, support, "hardware", "critical"],
  [
    [48],
    "memory error of two bits, not correctable",
    reset,
    "read the codes beside it: 63, 64, 94, 95, 171, 172",
    "hardware",
    "critical",
  ],
  [[54], "auxiliary power is not connected", "check the power cables of the board", support, "hardware", "critical"],
  [
    [60, 68, ...range(82, 84), 86, 88, 89, ...range(96, 105)],
    "exception in a video, JPEG or optical-flow engine",
    restart,
    userCode,
    "app",
    "warning",
  ],
  [[62], "the GPU's own micro-controller halted", reset, support, "hardware", "critical"],
  [
    [63],
    "a faulty memory row was marked for replacement",
    "reset the GPU when the node is next drained",
    "how many rows are left",
    "hardware",
    "warning",
  ],
  [
    [64],
    "a faulty memory row could not be replaced",
    reset,
    "contact support: the board may have to be exchanged",
    "hardware",
    "critical",
  ],
  [[66], "the driver made an access it may not", nothing, "versions of driver and toolkit", "driver", "warning"],
  [
    [67],
    "the driver made an access it may not",
    "update driver and firmware if it returns",
    "versions of driver and toolkit",
    "driver",
    "warning",
  ],
  [[69], "exception in an engine class", restart, userCode, "app", "warning"],
  [
    [74],
    "NVLink error",
    "drain the node, check NVLink state and seating",
    "which link, from the message's registers; contact support if it returns",
    "link",
    "critical",
  ],
  [
    [78],
    "a vGPU could not start",
    "update software and firmware",
    "versions of host driver and guest driver",
    "config",
    "warning",
  ],
  [
    [79],
    "the GPU fell off the bus: the host cannot reach it",
    "restart the machine",
    "power, seating, PCIe, heat; contact support",
    "hardware",
    "critical",
  ],
  [
    [92],
    "many correctable memory errors",
    nothing,
    "watch the rate; contact support if it grows",
    "hardware",
    "warning",
  ],
  [[93], "the board's configuration memory is written often", nothing, support, "hardware", "info"],
  [[94], "memory error confined to one application", restart, "reset the GPU at the next drain", "hardware", "warning"],
  [
    [95],
    "memory error that may have touched any application",
    reset,
    "read the codes beside it",
    "hardware",
    "critical",
  ],
  [[106, 107], "test message of the management bus", nothing, "", "meta", "info"],
  [[109], "a context did not switch in time", reset, "application and driver version", "driver", "critical"],
  [[110], "a security check failed", reset, "firmware and driver version", "driver", "critical"],
  [
    [119, 120],
    "the GPU's system processor did not answer or failed",
    reset,
    "driver and firmware version; power cycle if it returns",
    "driver",
    "critical",
  ],
  [[121], "error on the chip-to-chip link", nothing, support, "link", "warning"],
  [[136], "a link could not be trained", reset, "signal quality of the link", "link", "critical"],
  [
    [137],
    "an access over NVLink was not allowed",
    nothing,
    "the application on the far end of the link",
    "app",
    "warning",
  ],
  [[140], "memory error that escaped correction", reset, support, "hardware", "critical"],
  [[141], "CUDA took a fast path", nothing, "", "meta", "info"],
  [[143], "the GPU could not be initialised", reset, support, "hardware", "critical"],
  [
    range(144, 150),
    "NVLink hardware error (fifth generation)",
    nvlink5,
    "signal quality, far end, switch",
    "link",
    "critical",
  ],
  [
    [151],
    "encryption keys could not be rotated",
    "restart the virtual machine",
    "firmware and driver version",
    "driver",
    "warning",
  ],
  [
    [154],
    "the action that recovers this GPU has changed",
    "read the action in the message: none, reset, reboot or drain",
    "",
    "meta",
    "info",
  ],
  [[155], "NVLink error raised by software", reset, "NVLink state and far end", "link", "critical"],
  [
    [156],
    "a faulty resource was retired",
    "reset the GPU when the node is next drained",
    support,
    "hardware",
    "warning",
  ],
  [
    [157],
    "a faulty resource could not be retired",
    "contact support: the board may have to be exchanged",
    "",
    "hardware",
    "critical",
  ],
  [[158], "a request inside the GPU timed out for good", reset, support, "hardware", "critical"],
  [[160, 161], "a memory channel was retired", nothing, "capacity and bandwidth that are left", "hardware", "warning"],
  [range(162, 165), "state of the power smoothing hardware changed", nothing, "", "power", "info"],
  [
    [167],
    "the PCIe link timed out for good",
    "restart the machine",
    "seating, riser and slot; contact support",
    "pcie",
    "critical",
  ],
  [
    [171, 172],
    "where the memory error of Xid 48 was: DRAM or on-chip",
    "treat it with Xid 48",
    support,
    "hardware",
    "critical",
  ],
];

const catalog = new Map<number, Xid>(
  rows.flatMap(([codes, meaning, immediate, investigate, blame, severity]) =>
    codes.map((code) => [code, { code, meaning, immediate, investigate, blame, severity, listed: true }] as const),
  ),
);

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** Codes without an entry are "unlisted": severity warning, blame unknown. */
export function xidOf(code: number): Xid {
  return (
    catalog.get(code) ?? {
      code,
      meaning: "unlisted Xid",
      immediate: "contact support",
      investigate: "the message beside it in the kernel log, and the driver's release notes",
      blame: "unknown",
      severity: "warning",
      listed: false,
    }
  );
}

/** All listed codes, ascending. */
export function listedXids(): Xid[] {
  return [...catalog.values()].sort((a, b) => a.code - b.code);
}
