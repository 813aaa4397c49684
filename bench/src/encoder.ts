/**
 * The collector from its block encoder on, in a process of its own and as fast as it goes: rows of pages into blocks, into
 * the spool, to Kafka. Usage: node encoder.ts, with the environment of a collector.
 */
import { join } from "node:path";
import { SampleBlock } from "@lockstep/formats/sample-block";
import { startForwarder } from "@lockstep/log/kafka/forwarder";
import { kafkaSettingsFromEnv } from "@lockstep/log/kafka/settings";
import { openSpoolProducer } from "@lockstep/log/spool/producer";
import { processEnv } from "@lockstep/schemas/process/env";

const TARGETS = 500;
const SERIES_PER_TARGET = 320;
const SERIES_PER_METRIC = 8;
/** What 500 targets bring every 100 ms goes into the spool together. */
const PAGES_PER_APPEND = 100;
/** More than this is not waiting in the spool: the pace is Kafka's. */
const MAX_BACKLOG_BYTES = 48 * 2 ** 20;

const env = processEnv.parse(process.env);
const settings = kafkaSettingsFromEnv(env);
if (settings === undefined) throw new Error("LOCKSTEP_KAFKA_BROKERS names no broker");
const path = join(env.LOCKSTEP_DATA, "spool");
const spool = await openSpoolProducer({ path, producer: "collector" });
const fail = (error: unknown) => {
  process.stderr.write(`encoder: ${error instanceof Error ? error.message : String(error)}\n`);
};
const forwarder = await startForwarder({
  path,
  settings,
  clientId: "encoder",
  log: { debug() {}, warn: (_, message) => fail(message), error: (_, message) => fail(message) },
  onError: fail,
  onFatal: (error) => {
    fail(error);
    process.exit(1);
  },
});
process.stdout.write("ready encoder\n");

let stopping = false;
process.on("SIGTERM", () => {
  stopping = true;
});

const rows = TARGETS * SERIES_PER_TARGET;
const random = () => (Math.random() * 2 ** 32) | 0;
const metrics = Int32Array.from({ length: SERIES_PER_TARGET / SERIES_PER_METRIC }, random);
const seriesLo = Int32Array.from({ length: rows }, random);
const seriesHi = Int32Array.from({ length: rows }, random);
/** Values as GPUs have them: whole and slow, some constant, a few counters. */
const values = Float64Array.from({ length: rows }, (_, row) =>
  row % 5 === 0 ? 1e9 + row : Math.floor(Math.random() * 100),
);
const lanes = Array.from({ length: settings.partitions }, () => new SampleBlock(16_384));

/** One page of a target: every fifth series is a counter, one value in ten moves by one. */
function page(target: number, tsMs: number): void {
  const block = lanes[target % lanes.length]!;
  const first = target * SERIES_PER_TARGET;
  for (let i = 0; i < SERIES_PER_TARGET; i++) {
    const row = first + i;
    if (i % 5 === 0) values[row] = values[row]! + 600_000 + (row % 977);
    else if ((row + tsMs) % 10 === 0) values[row] = values[row]! + 1;
    const metric = metrics[(i / SERIES_PER_METRIC) | 0]!;
    block.pushMantissa(metric, seriesLo[row]!, seriesHi[row]!, tsMs, values[row]!, 0);
  }
}

/** A page every 10 ms a target, stamped as if it came a second after the one before it. */
let clock = Date.now() - 3_600_000;
let target = 0;
while (!stopping) {
  if (spool.backlogBytes() > MAX_BACKLOG_BYTES) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    continue;
  }
  const scrapedAt = Date.now();
  for (let pages = 0; pages < PAGES_PER_APPEND; pages++) {
    page(target, clock);
    target += 1;
    if (target === TARGETS) {
      target = 0;
      clock += 1000;
    }
  }
  const blocks = lanes.flatMap((block, lane) => {
    if (block.rows === 0) return [];
    const outgoing = {
      table: "samples" as const,
      version: 1,
      rows: block.rows,
      block: block.encode(),
      lane,
      scrapedAt,
    };
    block.reset();
    return [outgoing];
  });
  await spool.append(blocks);
}
await forwarder.stop();
process.exit(0);
