import { describe, expect, test } from "vitest";
import { XidFolder } from "./xid-folder.ts";

const uuid = "GPU-58e8f5ea-13cc-013a-d88f-2bcf5ae8bc77";
type Sample = readonly [at: number, value: number, xid?: string];

function fold(samples: readonly Sample[], more: Record<string, string> = {}) {
  const folder = new XidFolder();
  return samples.flatMap(([at, value, xid]) => {
    const labels = {
      __name__: xid === undefined ? "DCGM_FI_DEV_XID_ERRORS" : "DCGM_EXP_XID_ERRORS_COUNT",
      UUID: uuid,
      gpu: "0",
      ...(xid === undefined ? more : { xid, window_size_in_ms: "300000" }),
    };
    return folder
      .add(new Map(Object.entries(labels)), value, at)
      .map((event) => [event.at, event.code, event.times, event.dated]);
  });
}

describe("the gauge", () => {
  const table: [string, Sample[], unknown[]][] = [
    [
      "a change is an event, a repeat invisible",
      [
        [0, 0],
        [1, 79],
        [2, 79],
      ],
      [[1, 79, 1, true]],
    ],
    [
      "another code",
      [
        [0, 0],
        [1, 13],
        [2, 79],
      ],
      [
        [1, 13, 1, true],
        [2, 79, 1, true],
      ],
    ],
    [
      "what was there before is not dated",
      [
        [0, 31],
        [1, 31],
      ],
      [[0, 31, 1, false]],
    ],
    [
      "after it was cleared, the same again",
      [
        [0, 0],
        [1, 31],
        [2, 0],
        [3, 31],
      ],
      [
        [1, 31, 1, true],
        [3, 31, 1, true],
      ],
    ],
    [
      "sentinels and stale markers are no codes",
      [
        [0, 0],
        [1, 2 ** 63],
        [2, 2147483632],
        [3, Number.NaN],
        [4, 48],
      ],
      [[4, 48, 1, true]],
    ],
  ];
  test.each(table)("%s", (_, samples, events) => expect(fold(samples)).toEqual(events));

  test("the exporter's words stay with it", () => {
    const folder = new XidFolder();
    const labels = new Map([
      ["__name__", "DCGM_FI_DEV_XID_ERRORS"],
      ["UUID", uuid],
      ["err_code", "79"],
      ["err_msg", "GPU lost"],
    ]);
    expect(folder.add(labels, 79, 5)).toMatchObject([{ code: 79, message: "GPU lost", gpu: { uuid } }]);
  });
});

describe("the counter", () => {
  const table: [string, Sample[], unknown[]][] = [
    [
      "each rise",
      [
        [0, 1, "31"],
        [1, 1, "31"],
        [2, 3, "31"],
        [3, 2, "31"],
      ],
      [
        [0, 31, 1, true],
        [2, 31, 2, true],
      ],
    ],
    [
      "codes apart",
      [
        [0, 1, "31"],
        [0, 1, "13"],
      ],
      [
        [0, 31, 1, true],
        [0, 13, 1, true],
      ],
    ],
    [
      "absent for a window is none",
      [
        [0, 1, "31"],
        [400_000, 1, "31"],
      ],
      [
        [0, 31, 1, true],
        [400_000, 31, 1, true],
      ],
    ],
    [
      "with the gauge, once",
      [
        [0, 0],
        [1, 79],
        [1, 1, "79"],
        [2, 79],
        [2, 2, "79"],
      ],
      [
        [1, 79, 1, true],
        [2, 79, 1, true],
      ],
    ],
    [
      "with the gauge after it, once",
      [
        [0, 0],
        [1, 1, "79"],
        [1, 79],
      ],
      [[1, 79, 1, true]],
    ],
    [
      "no numbers",
      [
        [0, Number.NaN, "31"],
        [0, 1, "x"],
      ],
      [],
    ],
  ];
  test.each(table)("%s", (_, samples, events) => expect(fold(samples)).toEqual(events));
});

test("a series repeated for every job on the GPU is one", () => {
  const folder = new XidFolder();
  const events = ["1", "2", "3"].flatMap((job) =>
    folder.add(
      new Map([
        ["__name__", "DCGM_FI_DEV_XID_ERRORS"],
        ["UUID", uuid],
        ["hpc_job", job],
      ]),
      48,
      9,
    ),
  );
  expect(events).toHaveLength(1);
});

test("other metrics and forgotten GPUs", () => {
  const folder = new XidFolder();
  expect(
    folder.add(
      new Map([
        ["__name__", "DCGM_FI_DEV_GPU_TEMP"],
        ["UUID", uuid],
      ]),
      79,
      0,
    ),
  ).toEqual([]);
  const labels = new Map([
    ["__name__", "DCGM_FI_DEV_XID_ERRORS"],
    ["UUID", uuid],
  ]);
  folder.add(labels, 0, 0);
  folder.forget(1);
  expect(folder.add(labels, 79, 2)).toMatchObject([{ dated: false }]);
});
