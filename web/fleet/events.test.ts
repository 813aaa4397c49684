import { expect, test } from "vitest";
import { eventList } from "./events.ts";
import type { Gpu } from "./gpu.ts";
import { type Spell, spellsOf } from "./spells.ts";

const MINUTE = 60_000;

function gpu(node: string, index: string, values: Gpu["values"] = {}, state: Gpu["state"] = "ok"): Gpu {
  return {
    key: `GPU-${node}-${index}`,
    uuid: `GPU-${node}-${index}`,
    instanceId: null,
    instanceProfile: null,
    node,
    index,
    model: null,
    driver: null,
    pciBus: null,
    namespace: null,
    pod: null,
    container: null,
    job: "dcgm",
    instance: `${node}:9400`,
    values,
    peakUtilisation: null,
    state,
    why: null,
    lastSampleMs: null,
  };
}

const at = (fromMinute: number, toMinute: number, value: number): Spell => ({
  fromMs: fromMinute * MINUTE,
  toMs: toMinute * MINUTE,
  value,
});

test.each<[string, [number, number][], [number, number][]]>([
  ["none", [], []],
  [
    "adjacent steps",
    [
      [0, 1],
      [2, 3],
    ],
    [[0, 3]],
  ],
  [
    "a short break",
    [
      [0, 1],
      [6, 7],
    ],
    [[0, 7]],
  ],
  [
    "a long break",
    [
      [0, 1],
      [7, 8],
    ],
    [
      [0, 1],
      [7, 8],
    ],
  ],
  [
    "two series, in any order",
    [
      [9, 9],
      [0, 3],
      [2, 2],
    ],
    [
      [0, 3],
      [9, 9],
    ],
  ],
])("what held: %s", (_, parts, spells) => {
  const found = spellsOf(
    parts.map(([first, last]) => ({ first: first * MINUTE, last: last * MINUTE, value: 1 })),
    5 * MINUTE,
  );
  expect(found.map((spell) => [spell.fromMs / MINUTE, spell.toMs / MINUTE])).toEqual(spells);
});

test("events are told newest first, ended ones in the past tense", () => {
  const slow = gpu("node-05", "3", { clockReasons: 0x48 }, "throttled");
  const events = eventList(
    {
      throttled: [
        { of: slow, spells: [at(10, 20, 0x40), at(50, 60, 0x48)] },
        { of: gpu("node-10", "6"), spells: [at(-3, 5, 0x20)] },
      ],
      xid: [{ of: gpu("node-01", "0"), spells: [at(30, 31, 79)] }],
      down: [{ of: { gpus: [gpu("node-02", "0"), gpu("node-02", "1")], stillDown: true }, spells: [at(55, 60, 0)] }],
    },
    0,
  );
  expect(events.map(({ text, earlier, ongoing }) => ({ text, earlier, ongoing }))).toEqual([
    { text: "node-02 cannot be scraped: 2 GPUs not seen", earlier: false, ongoing: true },
    { text: "node-05 GPU 3 is thermally throttled (HW thermal slowdown)", earlier: false, ongoing: true },
    { text: "node-01 GPU 0 reported XID 79 (GPU has fallen off the bus)", earlier: false, ongoing: false },
    { text: "node-05 GPU 3 was thermally throttled (HW thermal slowdown)", earlier: false, ongoing: false },
    { text: "node-10 GPU 6 was thermally throttled (SW thermal slowdown)", earlier: true, ongoing: false },
  ]);
});

test("what ended before the range is no event of it", () => {
  const throttled = [{ of: gpu("node-05", "3"), spells: [at(-4, -2, 0x40)] }];
  expect(eventList({ throttled, xid: [], down: [] }, 0)).toEqual([]);
});

test("targets that go together are one event", () => {
  const down = ["a", "b", "c"].map((node, index) => ({
    of: { gpus: [gpu(node, "0"), gpu(node, "1")], stillDown: false },
    spells: [at(10 + index / 4, 12 + index, 0), at(40 + index, 40 + index, 0)],
  }));
  const events = eventList({ throttled: [], xid: [], down }, 0);
  expect(events.map((event) => [event.text, event.href, event.toMs / MINUTE])).toEqual([
    ["c could not be scraped: 2 GPUs not seen", "/nodes/c", 42],
    ["b could not be scraped: 2 GPUs not seen", "/nodes/b", 41],
    ["a could not be scraped: 2 GPUs not seen", "/nodes/a", 40],
    ["3 targets could not be scraped: 6 GPUs not seen", "/targets", 14],
  ]);
});
