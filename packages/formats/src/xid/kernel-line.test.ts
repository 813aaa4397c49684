import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pciAddress, readKernelLine, type XidEvent } from "./kernel-line.ts";

const event = (line: string, clock = {}) => readKernelLine(line, clock) as XidEvent;
const bus = "NVRM: Xid (PCI:0000:9b:00): 79, pid=4242, name=python3, GPU has fallen off the bus.";

test("an Xid", () => {
  expect(event(bus)).toEqual({
    kind: "xid",
    code: 79,
    pci: "0000:9b:00",
    switch: false,
    fatal: undefined,
    gpuInstance: undefined,
    pid: 4242,
    processName: "python3",
    text: "GPU has fallen off the bus.",
    at: undefined,
    bootUs: undefined,
    host: undefined,
  });
});

describe("what an error says", () => {
  const table: [string, Partial<XidEvent>][] = [
    ["NVRM: Xid (PCI:0000:01:00): 79", { code: 79, text: "", pid: undefined }],
    [
      "NVRM: Xid (PCI:0000:01:00): 79, GPU has fallen off the bus.",
      { text: "GPU has fallen off the bus.", pid: undefined },
    ],
    ["NVRM: Xid (0000:03:00): 32, Channel ID 00000009", { pci: "0000:03:00", text: "Channel ID 00000009" }],
    [
      "NVRM: Xid (PCI:0000:4e:00): 79, pid='<unknown>', name=<unknown>, GPU is lost",
      { pid: undefined, processName: undefined, text: "GPU is lost" },
    ],
    ["NVRM: Xid (PCI:0000:4E:00.0): 79, pid='<unknown>', name='<unknown>', lost", { pci: "0000:4e:00", text: "lost" }],
    ["NVRM: Xid (PCI:0000:4e:00): 31, pid=7, Ch 0000001b", { pid: 7, processName: undefined, text: "Ch 0000001b" }],
    ["NVRM: Xid (PCI:0000:4e:00): 13, pid=7, name=a b", { processName: "a b", text: "" }],
    ["NVRM: Xid (PCI:0000:06:00 GPU-I:05): 13, pid=7, name=x, y", { pci: "0000:06:00", gpuInstance: 5 }],
    [
      "nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): 28006, Non-fatal, Link 46 MC TS crumbstore MCTO (First)",
      {
        code: 28006,
        switch: true,
        fatal: false,
        pci: "0000:c1:00",
        text: "Non-fatal, Link 46 MC TS crumbstore MCTO (First)",
      },
    ],
    ["nvidia-nvswitch0: SXid (PCI:0000:c1:00.0): 20034, Fatal, Link 30 LTSSM Fault Up", { fatal: true, switch: true }],
    ["nvidia-nvswitch0: SXid (PCI:0000:c1:00.0): 20034, Severity 1", { fatal: undefined, switch: true }],
  ];
  test.each(table)("%s", (line, expected) => expect(event(line)).toMatchObject(expected));
});

describe("when and where", () => {
  const at = (text: string) => Date.parse(text);
  const table: [string, string, Partial<XidEvent>][] = [
    ["dmesg", "[ 1399.140323] ", { bootUs: 1_399_140_323, at: undefined }],
    ["dmesg with caller", "[ 1399.140323][ T4242] ", { bootUs: 1_399_140_323 }],
    ["with priority", "<3>[6085126.134786] ", { bootUs: 6_085_126_134_786 }],
    ["dmesg -T", "[Sun Feb 23 16:24:18 2025] ", { at: at("2025-02-23T16:24:18Z"), bootUs: undefined }],
    [
      "dmesg --decode --time-format iso",
      "kern  :warn  : 2025-01-21T04:41:44,285060+00:00 ",
      { at: at("2025-01-21T04:41:44Z") + 285.06 },
    ],
    ["kmsg", "3,3964,206764307,-;", { bootUs: 206_764_307 }],
    ["kmsg with caller", "3,3964,206764307,-,caller=T12;", { bootUs: 206_764_307 }],
    ["journal short-iso", "2026-09-14T20:30:27-0400 gpu-7 kernel: ", { at: at("2026-09-15T00:30:27Z"), host: "gpu-7" }],
    [
      "syslog",
      "2026-09-14T20:30:27.5+02:00 gpu-7.local kernel: [  12.5] ",
      { at: at("2026-09-14T18:30:27.5Z"), bootUs: 12_500_000, host: "gpu-7.local" },
    ],
    ["a date that there is not", "2026-02-30T00:00:00Z gpu-7 kernel: ", { at: undefined }],
    ["journal short without a clock", "Feb  3 16:24:18 gpu-7 kernel: ", { at: undefined, host: "gpu-7" }],
  ];
  test.each(table)("%s", (_, prefix, expected) => expect(event(prefix + bus)).toMatchObject({ code: 79, ...expected }));

  test("journal as JSON", () => {
    const entry = { MESSAGE: bus, __REALTIME_TIMESTAMP: "1753012800000500", _HOSTNAME: "gpu-7" };
    expect(event(JSON.stringify(entry))).toMatchObject({ code: 79, pid: 4242, at: 1753012800000.5, host: "gpu-7" });
  });
  test("local time has the offset that the caller knows", () => {
    expect(event(`[Sun Feb 23 16:24:18 2025] ${bus}`, { offsetMinutes: 60 }).at).toBe(at("2025-02-23T15:24:18Z"));
    expect(event(`2025-02-23T16:24:18+00:00 a kernel: ${bus}`, { offsetMinutes: 60 }).at).toBe(
      at("2025-02-23T16:24:18Z"),
    );
  });
  const years: [string, string, string][] = [
    ["Feb  3 16:24:18", "2026-03-01T00:00:00Z", "2026-02-03T16:24:18Z"],
    ["Dec 31 23:59:59", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z"],
    ["Jan  1 00:00:05", "2025-12-31T23:59:59Z", "2026-01-01T00:00:05Z"],
    ["Feb 29 12:00:00", "2026-03-01T00:00:00Z", "2024-02-29T12:00:00Z"],
  ];
  test.each(years)("%s, read at %s", (date, before, expected) => {
    expect(event(`${date} gpu-7 kernel: ${bus}`, { before: at(before) }).at).toBe(at(expected));
  });
});

describe("other lines", () => {
  test("a GPU's address", () => {
    const uuid = "GPU-509665ad-b600-ac93-3616-d754b23d636d";
    expect(readKernelLine(`[1.5] NVRM: GPU at PCI:0000:9B:00: ${uuid}`)).toEqual({
      kind: "gpu",
      pci: "0000:9b:00",
      uuid,
    });
  });
  const table = [
    "",
    "NVRM: GPU Board Serial Number: 1650124014249",
    "NVRM: Rate limiting GSP RPC error prints for GPU at PCI:0000:9b:00 (printing 1 of every 30).",
    "nvidia-nvswitch3: open (major=510)",
    "NVRM: Xid (PCI:0000:9b:00): garbled",
    '{"MESSAGE":["NVRM:"]}',
    "{NVRM:",
  ];
  test.each(table)("%s tells nothing", (line) => expect(readKernelLine(line)).toBe(undefined));
});

describe("addresses", () => {
  const table: [string, string][] = [
    ["PCI:0000:9b:00", "0000:9b:00"],
    ["00000000:9B:00.0", "0000:9b:00"],
    ["0000:9b:00.0", "0000:9b:00"],
    ["00010000:01:00.0", "10000:01:00"],
  ];
  test.each(table)("%s", (text, expected) => expect(pciAddress(text)).toBe(expected));
});

test("any line is read or not, and never throws", () => {
  const cut = fc
    .tuple(fc.nat(60), fc.string())
    .map(([at, text]) => `[${text}] ${bus.slice(0, at)}${text}${bus.slice(at)}`);
  fc.assert(
    fc.property(fc.oneof(cut, fc.string(), fc.json()), (line) => {
      const read = readKernelLine(line, { before: 0 });
      if (read?.kind === "xid") expect(Number.isInteger(read.code)).toBe(true);
    }),
  );
});
