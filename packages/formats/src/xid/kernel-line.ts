import { type LineClock, stampOf } from "./line-stamp.ts";

/** An error that the driver of a GPU (Xid) or of an NVSwitch (SXid, numbers of their own) told the kernel log. */
export type XidEvent = {
  readonly kind: "xid";
  readonly code: number;
  /** "0000:9b:00": domain, bus and device in small letters. */
  readonly pci: string;
  /** Of an NVSwitch: `code` is an SXid. */
  readonly switch: boolean;
  /** NVSwitch only: whether it says "Fatal" or "Non-fatal". */
  readonly fatal: boolean | undefined;
  /** MIG: the GPU instance it speaks of. */
  readonly gpuInstance: number | undefined;
  /** Of the process that used the GPU. */
  readonly pid: number | undefined;
  readonly processName: string | undefined;
  /** What stands behind code, pid and name; "" where nothing does. */
  readonly text: string;
  /** Milliseconds since 1970; undefined where the line has no date. */
  readonly at: number | undefined;
  /** Microseconds since the machine started; undefined where the line does not tell them. */
  readonly bootUs: number | undefined;
  /** As the journal or syslog names it. */
  readonly host: string | undefined;
};

/** A line that tells which GPU sits at an address. */
export type GpuAtAddress = {
  readonly kind: "gpu";
  readonly pci: string;
  /** "GPU-509665ad-...". */
  readonly uuid: string;
};

const gpuError =
  /NVRM: Xid \((?:PCI:)?([\da-f]+:[\da-f]+:[\da-f]+)(?:\.[\da-f]+)?(?: GPU-I:([\da-f]+))?[^)]*\): (\d+)(?:,\s*(.*))?$/i;
const switchError =
  /nvidia-nvswitch\d+: SXid \((?:PCI:)?([\da-f]+:[\da-f]+:[\da-f]+)(?:\.[\da-f]+)?[^)]*\): (\d+)(?:,\s*(.*))?$/i;
const gpuAddress = /NVRM: GPU at (?:PCI:)?([\da-f]+:[\da-f]+:[\da-f]+)(?:\.[\da-f]+)?: (GPU-[\da-f-]{36})/i;
const anyError = /(?:NVRM: Xid|nvidia-nvswitch\d+: SXid) \(/i;
const process = /^pid='?(\d+|<[^>]*>)'?(?:,\s*name=(?:'([^']*)'|([^,]*)))?(?:,\s*|$)/;

/**
 * Reads one line of a kernel log (dmesg, journal, syslog, /dev/kmsg): an Xid or SXid, or the UUID of a GPU; undefined for any
 * other line.
 */
export function readKernelLine(line: string, clock?: LineClock): XidEvent | GpuAtAddress | undefined {
  if (!line.includes("NVRM:") && !line.includes("nvswitch")) return undefined;
  const journal = line.startsWith("{") ? journalMessage(line) : undefined;
  const text = journal?.message ?? line.trimEnd();
  const gpu = gpuError.exec(text);
  if (gpu !== null) {
    const [, pci, instance, code, rest = ""] = gpu;
    const event = { code: Number(code), pci: pciAddress(pci!), switch: false, fatal: undefined };
    const gpuInstance = instance === undefined ? undefined : Number.parseInt(instance, 16);
    return {
      kind: "xid",
      ...event,
      gpuInstance,
      ...processOf(rest),
      ...(journal ?? stampOf(text.slice(0, gpu.index), clock)),
    };
  }
  const nvswitch = switchError.exec(text);
  if (nvswitch !== null) {
    const [, pci, code, rest = ""] = nvswitch;
    const event = { code: Number(code), pci: pciAddress(pci!), switch: true, fatal: fatalIn(rest) };
    const told = { gpuInstance: undefined, pid: undefined, processName: undefined, text: rest.trim() };
    return { kind: "xid", ...event, ...told, ...(journal ?? stampOf(text.slice(0, nvswitch.index), clock)) };
  }
  const address = gpuAddress.exec(text);
  return address === null ? undefined : { kind: "gpu", pci: pciAddress(address[1]!), uuid: address[2]! };
}

/** Whether a line means to tell an error, readable or not. */
export function tellsError(line: string): boolean {
  return anyError.test(line);
}

/** "0000:9b:00" of an address as any tool writes it: "00000000:9B:00.0", "0000:9b:00.0", "PCI:0000:9b:00". */
export function pciAddress(text: string): string {
  const [domain = "", bus = "", device = ""] = text
    .replace(/^PCI:/i, "")
    .replace(/\.[\da-f]+$/i, "")
    .toLowerCase()
    .split(":");
  return `${domain.replace(/^0+/, "").padStart(4, "0")}:${bus}:${device}`;
}

function processOf(rest: string) {
  const found = process.exec(rest);
  if (found === null) return { pid: undefined, processName: undefined, text: rest.trim() };
  const [whole, pid, quoted, bare] = found;
  const name = (quoted ?? bare ?? "").trim();
  return {
    pid: /^\d+$/.test(pid!) ? Number(pid) : undefined,
    processName: name === "" || name.startsWith("<") ? undefined : name,
    text: rest.slice(whole.length).trim(),
  };
}

function fatalIn(rest: string): boolean | undefined {
  if (/^non-?fatal\b/i.test(rest)) return false;
  return /^fatal\b/i.test(rest) ? true : undefined;
}

/** A line of `journalctl -o json`. */
function journalMessage(line: string) {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // then it is an ordinary line that begins with a brace
    throw error;
  }
  const { MESSAGE, __REALTIME_TIMESTAMP, _HOSTNAME } = entry as Record<string, unknown>;
  if (typeof MESSAGE !== "string") return undefined;
  const us = typeof __REALTIME_TIMESTAMP === "string" ? Number(__REALTIME_TIMESTAMP) : Number.NaN;
  return {
    message: MESSAGE,
    at: us > 0 ? us / 1000 : undefined,
    bootUs: undefined,
    host: typeof _HOSTNAME === "string" ? _HOSTNAME : undefined,
  };
}
