import { describe, expect, test } from "vitest";
import { AttributionFolder } from "./attribution.ts";
import { GpuMapping, GpuMappingError } from "./gpu-mapping.ts";
import { workloadOf } from "./workload-labels.ts";

const uuid = "GPU-58e8f5ea-13cc-013a-d88f-2bcf5ae8bc77";
const labels = (more: Record<string, string>) =>
  new Map(Object.entries({ gpu: "0", UUID: uuid, Hostname: "n1", ...more }));
const podA = labels({ pod: "train-0", namespace: "ml", container: "main" });
const podB = labels({ pod: "train-1", namespace: "ml", container: "main" });

describe("who is named", () => {
  const exporter = { pod: "nvidia-dcgm-exporter-wqqqn", namespace: "gpu-operator", container: "nvidia-dcgm-exporter" };
  const none = { namespace: undefined, pod: undefined, container: undefined, job: undefined };
  const table: [string, Record<string, string>, object | undefined][] = [
    ["a pod", { pod: "p", namespace: "n", container: "c" }, { ...none, pod: "p", namespace: "n", container: "c" }],
    [
      "the old names",
      { pod_name: "p", pod_namespace: "n", container_name: "c" },
      { ...none, pod: "p", namespace: "n", container: "c" },
    ],
    [
      "the workload's behind the exporter's",
      { ...exporter, exported_pod: "p", exported_namespace: "n", exported_container: "c" },
      { ...none, pod: "p", namespace: "n", container: "c" },
    ],
    ["the exporter's own", exporter, undefined],
    ["the exporter's own by its service", { pod: "gpumon-abcde", namespace: "x", service: "gpumon" }, undefined],
    ["a workload named like no exporter, with a scrape job", { pod: "p", job: "dcgm" }, { ...none, pod: "p" }],
    ["a batch job", { hpc_job: "4711" }, { ...none, job: "4711" }],
    ["empty labels", { pod: "", namespace: "", container: "" }, undefined],
  ];
  test.each(table)("%s", (_, more, expected) => expect(workloadOf(labels(more))).toEqual(expected));
});

describe("intervals", () => {
  const settings = { maxGapMs: 45_000 };
  const brief = (folder: AttributionFolder, now: number) =>
    folder.takeClosed(now).map(({ pod, job, from, to }) => [pod ?? job, from, to]);

  test("gaps of a scrape or two break nothing", () => {
    const folder = new AttributionFolder(settings);
    for (const at of [0, 15_000, 45_000, 90_000]) folder.add(podA, at);
    folder.add(labels({}), 30_000);
    expect(brief(folder, 100_000)).toEqual([]);
    expect(folder.open()).toMatchObject([
      { gpu: uuid, node: "n1", pod: "train-0", namespace: "ml", from: 0, to: 90_000 },
    ]);
    expect(brief(folder, 140_000)).toEqual([["train-0", 0, 90_000]]);
  });

  test("the next pod begins where it is seen", () => {
    const folder = new AttributionFolder(settings);
    for (const at of [0, 15_000]) folder.add(podA, at);
    for (const at of [30_000, 45_000, 60_000, 75_000]) folder.add(podB, at);
    expect(brief(folder, 76_000)).toEqual([["train-0", 0, 15_000]]);
    expect(folder.open()).toMatchObject([{ pod: "train-1", from: 30_000 }]);
  });

  test("after a long gap it is another interval", () => {
    const folder = new AttributionFolder(settings);
    folder.add(podA, 0);
    folder.add(podA, 100_000);
    expect(brief(folder, 100_000)).toEqual([["train-0", 0, 0]]);
    expect(folder.open()).toMatchObject([{ from: 100_000, to: 100_000 }]);
  });

  test("jobs that share a GPU stand side by side, MIG instances apart", () => {
    const folder = new AttributionFolder(settings);
    for (const job of ["1", "2"]) folder.add(labels({ hpc_job: job }), 0);
    for (const GPU_I_ID of ["7", "8"]) folder.add(labels({ GPU_I_ID, pod: `p${GPU_I_ID}` }), 0);
    expect(folder.open().map(({ job, mig, pod }) => [job, mig, pod])).toEqual([
      ["1", undefined, undefined],
      ["2", undefined, undefined],
      [undefined, "7", "p7"],
      [undefined, "8", "p8"],
    ]);
  });

  test("the file completes the labels, and names GPUs that no label does", () => {
    const mapping = new GpuMapping([
      { node: "n1", price_class: "reserved" },
      { gpu: uuid, job: "pretrain", model: "m-7b", replica: 2 },
    ]);
    const folder = new AttributionFolder(settings, mapping);
    folder.add(podA, 0);
    folder.add(
      new Map([
        ["gpu", "1"],
        ["Hostname", "n1"],
      ]),
      0,
    );
    expect(folder.open()).toMatchObject([
      { pod: "train-0", job: "pretrain", model: "m-7b", replica: "2", price_class: "reserved" },
      { gpu: "n1/1", pod: undefined, price_class: "reserved" },
    ]);
  });

  test("there is room for so many and no more", () => {
    const folder = new AttributionFolder({ maxGapMs: 1, maxOpen: 1 });
    folder.add(podA, 0);
    folder.add(podB, 0);
    expect([folder.open().length, folder.refused]).toEqual([1, 1]);
  });
});

describe("a bad mapping file says where", () => {
  const table: [unknown, RegExp][] = [
    [{}, /found keys and values, expected a list/],
    [["x"], /entry 0: found "x"/],
    [[{ gpu: uuid, price: 1 }], /entry 0: found the key "price"/],
    [[{ model: "m" }], /entry 0: expected either gpu/],
    [[{ gpu: uuid, node: "n" }], /entry 0: expected either gpu/],
    [[{ gpu: uuid, index: 1 }], /index belongs to node/],
    [[{ node: "n", index: -1 }], /index: found -1/],
    [[{ node: "n", model: [] }], /model: found a list/],
    [
      [
        { node: "n", index: 1 },
        { node: "n", index: 1 },
      ],
      /entry 1: n\/1 is mapped twice/,
    ],
  ];
  test.each(table)("%j", (content, message) => {
    expect(() => new GpuMapping(content)).toThrow(message);
    expect(() => new GpuMapping(content)).toThrow(GpuMappingError);
  });
});
