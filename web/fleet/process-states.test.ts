import { HEARTBEAT_LIMIT_MS } from "@lockstep/schemas/process/heartbeat";
import { expect, test } from "vitest";
import { processStates } from "./process-states.ts";

const NOW = 1_800_000_000_000;
const beat = (process: string, host: string, agoMs: number, detail = "") => ({
  process,
  host,
  pid: 7,
  run: "r",
  started: NOW - 60_000,
  updated: NOW - agoMs,
  detail,
});

test.each<[string, string, { leads: boolean | null; kafkaAway: string | null }]>([
  ["nothing", "", { leads: null, kafkaAway: null }],
  ["it leads", '{"leads":true}', { leads: true, kafkaAway: null }],
  ["it stands by, and something unknown", '{"leads":false,"x":1}', { leads: false, kafkaAway: null }],
  ["Kafka is there", '{"kafka":{"away":null}}', { leads: null, kafkaAway: null }],
  ["Kafka is away, and why", '{"kafka":{"away":"refused"}}', { leads: null, kafkaAway: "refused" }],
  ["Kafka is away", '{"kafka":{"away":true}}', { leads: null, kafkaAway: "it does not answer" }],
  ["no JSON", "{", { leads: null, kafkaAway: null }],
])("a heartbeat tells %s", (_, detail, expected) => {
  expect(processStates([beat("watch", "a", 0, detail)], NOW)[0]).toMatchObject({ up: true, ...expected });
});

test("what a process said last does not hold once it is down", () => {
  const [down] = processStates([beat("watch", "a", HEARTBEAT_LIMIT_MS, '{"leads":true}')], NOW);
  expect(down).toMatchObject({ up: false, leads: null });
});

test("an instance long gone is not listed beside one that runs; the last of its kind is", () => {
  const rows = [
    beat("ingest", "a", 0),
    beat("ingest", "b", 60_000),
    beat("ingest", "old", 7_200_000),
    beat("watch", "old", 7_200_000),
  ];
  expect(processStates(rows, NOW).map(({ process, host, up }) => [process, host, up])).toEqual([
    ["ingest", "a", true],
    ["ingest", "b", false],
    ["watch", "old", false],
  ]);
});
