import { LogError, type SpoolStats } from "@lockstep/log/log";
import { expect, test } from "vitest";
import { dropTeller, forwardingOf } from "./forwarding.ts";

function setUp(stats: () => Partial<SpoolStats>, trouble?: LogError) {
  const stops: number[] = [];
  const began = performance.now();
  const forwarder = { trouble, stop: async () => void stops.push(performance.now() - began) };
  const producer = { stats: () => ({ bytes: 0, blocks: 0, oldestAt: undefined, ...stats() }) };
  return { forwarding: forwardingOf(forwarder, producer), stops };
}

test("tells why blocks wait, or that they do not", () => {
  expect(setUp(() => ({})).forwarding.away).toBeNull();
  expect(setUp(() => ({}), new LogError("io", "no broker answers")).forwarding.away).toBe("no broker answers");
});

test("stop waits for the spool to be empty", async () => {
  let blocks = 4;
  const { forwarding, stops } = setUp(() => ({ blocks: blocks-- }));
  await forwarding.stop();
  expect(blocks).toBeLessThan(0);
  expect(stops).toHaveLength(1);
});

test("stop waits for 2 s at most, and not at all while Kafka is away", async () => {
  const away = setUp(() => ({ blocks: 9 }), new LogError("io", "away"));
  await away.forwarding.stop();
  expect(away.stops[0]).toBeLessThan(500);
  const slow = setUp(() => ({ blocks: 9 }));
  await slow.forwarding.stop();
  expect(slow.stops[0]).toBeGreaterThan(1_900);
  expect(slow.stops[0]).toBeLessThan(4_000);
});

test("rows that are dropped are told at once and then once a minute, all of them", () => {
  const told: unknown[] = [];
  let now = 0;
  const tell = dropTeller({ error: ((fields: object) => told.push(fields)) as never }, () => now);
  for (const rows of [10, 20, 30]) tell(rows);
  now = 60_000;
  tell(5);
  expect(told).toEqual([{ rows: 10 }, { rows: 55 }]);
});
