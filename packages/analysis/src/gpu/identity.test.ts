import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gpuKey, gpuOf } from "./identity.ts";

const uuid = "GPU-58e8f5ea-13cc-013a-d88f-2bcf5ae8bc77";
const of = (labels: Record<string, string>) => gpuOf(new Map(Object.entries(labels)));
const none = { uuid: undefined, mig: undefined, node: undefined, index: undefined, pci: undefined, model: undefined };

describe("the forms of exporters", () => {
  const table: [string, Record<string, string>, object][] = [
    [
      "dcgm-exporter 3.3.9 and later",
      { gpu: "3", UUID: uuid, pci_bus_id: "00000000:1A:00.0", device: "nvidia3", modelName: "H100", Hostname: "n1" },
      { uuid, index: 3, pci: "0000:1a:00", model: "H100", node: "n1" },
    ],
    ["its newest hostname", { gpu: "0", UUID: uuid, hostname: "n1" }, { uuid, index: 0, node: "n1" }],
    ["its old namespace", { gpu: "0", uuid, device: "nvidia0" }, { uuid, index: 0 }],
    [
      "no node: the exporter's address",
      { gpu: "0", UUID: uuid, instance: "10.0.172.246:9400" },
      { uuid, index: 0, node: "10.0.172.246" },
    ],
    ["an IPv6 address", { gpu: "0", UUID: uuid, instance: "[fe80::1]:9400" }, { uuid, index: 0, node: "fe80::1" }],
    ["an NVLink of a GPU", { nvlink: "5", gpu_uuid: uuid, model_name: "B200" }, { uuid, model: "B200" }],
    [
      "a MIG instance",
      { gpu: "0", UUID: uuid, GPU_I_ID: "7", GPU_I_PROFILE: "1g.10gb" },
      { uuid, index: 0, mig: { instance: "7", profile: "1g.10gb" } },
    ],
    ["an old MIG name", { UUID: `MIG-${uuid}/7/0` }, { uuid, mig: { instance: "7", profile: undefined } }],
    ["a MIG name of its own", { UUID: "MIG-1" }, { mig: { instance: "MIG-1", profile: undefined } }],
    [
      "nvidia_gpu_exporter",
      {
        __name__: "nvidia_smi_gpu_info",
        uuid: uuid.slice(4),
        index: "2",
        name: "H100",
        pci_bus_id: "00000001:00:00.0",
      },
      { uuid, index: 2, pci: "0001:00:00", model: "H100" },
    ],
    [
      "AMD",
      { GPU_UUID: "6699c0a8-4200", gpu_id: "4", card_model: "MI300X", hostname: "n2" },
      { uuid: "6699c0a8-4200", index: 4, model: "MI300X", node: "n2" },
    ],
    ["a number only", { gpu: "1", instance: "n3:9400" }, { index: 1, node: "n3" }],
    ["empty labels are no labels", { gpu: "1", UUID: "", Hostname: "", node: "n4" }, { index: 1, node: "n4" }],
  ];
  test.each(table)("%s", (_, labels, expected) => expect(of(labels)).toEqual({ ...none, ...expected }));

  test.each<[string, Record<string, string>]>([
    ["a switch", { nvswitch: "2", instance: "n1:9400" }],
    ["a disk", { device: "sda", uuid: "58e8f5ea-13cc-013a-d88f-2bcf5ae8bc77" }],
    ["a machine", { instance: "n1:9100" }],
  ])("%s is no GPU", (_, labels) => expect(of(labels)).toBeUndefined());
});

test("keys tell MIG instances apart and join what names the same GPU", () => {
  const key = (labels: Record<string, string>) => gpuKey(of(labels)!);
  expect(key({ UUID: uuid, GPU_I_ID: "7" })).toBe(`${uuid}/7`);
  expect(key({ gpu: "0", UUID: uuid })).toBe(key({ uuid: uuid.slice(4), __name__: "nvidia_smi_power" }));
  expect(key({ gpu: "1", Hostname: "n" })).toBe("n/1");
});

test("no label set is too strange", () =>
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom("UUID", "uuid", "gpu", "device", "pci_bus_id", "instance", "GPU_I_ID"),
        fc.string(),
      ),
      (labels) => {
        const gpu = of(labels);
        if (gpu !== undefined) expect(gpuKey(gpu)).not.toBe("");
      },
    ),
  ));

const samples = join(import.meta.dirname, "../../../../../shared/samples/dcgm");

test("every GPU line of recorded pages has an identity", ({ skip }) => {
  if (!existsSync(samples)) return skip(`not on this machine: ${samples}`);
  const lines = readdirSync(samples)
    .filter((name) => name.endsWith(".prom"))
    .flatMap((name) => readFileSync(join(samples, name), "utf8").split("\n"))
    .filter((line) => /^DCGM_\w+\{[^}]*\} /.test(line));
  expect(lines.length).toBeGreaterThan(100);
  for (const line of lines) {
    const labels = new Map([...line.matchAll(/(\w+)="([^"]*)"/g)].map((match) => [match[1]!, match[2]!]));
    expect(gpuOf(labels)?.uuid).toMatch(/^GPU-[\da-f-]{36}$/);
    expect(gpuOf(labels)?.index).toBeDefined();
  }
});
