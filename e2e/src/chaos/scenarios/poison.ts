import { encodeRows } from "@lockstep/formats/native";
import { SampleBlock } from "@lockstep/formats/sample-block";
import { openKafkaDeadLetters } from "@lockstep/log/kafka/dead-letters";
import { encodeMessage } from "@lockstep/log/kafka/message";
import { BLOCK_TABLES, TABLE_NAMES, type TableName } from "@lockstep/schemas/blocks/tables";
import type { Message } from "kafkajs";
import { z } from "zod";
import type { Cluster } from "../cluster.ts";
import { Deployment } from "../deployment.ts";
import { Checks, type Scenario } from "../scenario.ts";
import { drained, until } from "../waiting.ts";

const LIMIT_SECONDS = 5;
const DAY_MS = 86_400_000;

/** A way for a message to be bad; `reason` is a part of what the dead letter must say. */
type Poison = { readonly name: string; readonly reason: RegExp; readonly message: (table: TableName) => Message };

let sequence = 0;
const producer = `poison-${Math.floor(Math.random() * 1e9)}`;

function envelope(table: TableName, rows: number, block: Uint8Array, version = BLOCK_TABLES[table].version): Message {
  return encodeMessage({ table, version, rows, block, producer, sequence: sequence++, offset: 0 }, 0);
}

const POISONS: readonly Poison[] = [
  { name: "no headers", reason: /envelope/, message: () => ({ partition: 0, value: Buffer.from("poison") }) },
  { name: "an empty message", reason: /envelope/, message: () => ({ partition: 0, value: null }) },
  {
    name: "garbage for a block",
    reason: /block|byte|cut/,
    message: (table) => envelope(table, 3, Buffer.from("poison")),
  },
  {
    name: "an unknown version",
    reason: /version 99/,
    message: (table) => envelope(table, 1, goodBlock(table, Date.now()).block, 99),
  },
  {
    name: "a block of another table",
    reason: /table/,
    message: (table) => {
      const other = table === "series" ? "processes" : "series";
      return envelope(other, 1, goodBlock(other, Date.now()).block);
    },
  },
  {
    name: "a block cut short",
    reason: /cut|byte/,
    message: (table) => envelope(table, 1, goodBlock(table, Date.now()).block.slice(0, -1)),
  },
];

/** ClickHouse itself refuses it: rows of more days than one insert may touch. */
const REFUSED: Poison = {
  name: "a block that ClickHouse refuses",
  reason: /partition/i,
  message: () => {
    const block = new SampleBlock(300);
    for (let day = 0; day < 300; day++) block.pushMantissa(1, 2, 3, Date.now() - day * DAY_MS, 1, 0);
    return envelope("samples", 300, block.encode());
  },
};

/** One good row, found again by its time. */
function goodBlock(table: TableName, tsMs: number): { rows: number; block: Uint8Array } {
  if (table === "samples") {
    const block = new SampleBlock(1);
    block.pushMantissa(1, 2, 3, tsMs, 1, 0);
    return { rows: 1, block: block.encode() };
  }
  const row = Object.fromEntries(
    BLOCK_TABLES[table].columns.map(({ name, type }) => {
      if (type.startsWith("Map")) return [name, new Map([["good", String(tsMs)]])];
      if (type.startsWith("Array(")) return [name, [1]];
      if (type.includes("DateTime64(6)")) return [name, tsMs * 1000];
      if (type.startsWith("DateTime64")) return [name, tsMs];
      return [name, type === "String" ? `good-${tsMs}` : 1];
    }),
  );
  return { rows: 1, block: encodeRows(BLOCK_TABLES[table], [row]) };
}

const TIME_COLUMN: Readonly<Record<TableName, string>> = {
  samples: "ts",
  series: "last_seen",
  targets: "updated",
  processes: "updated",
  collectives: "ts",
  events: "at",
  flight_dumps: "at",
  histograms: "seen",
};

/** A bad message of every kind in every topic: told and laid aside, and the next good one is stored soon. */
export const poison: Scenario = {
  name: "poison",
  about: "bad messages in every topic: dead-lettered with their reason, the next good one stored within 5 s",
  seconds: { short: 0, long: 0 },
  async run({ print }) {
    const deployment = await Deployment.start({ ingests: 1 });
    const checks = new Checks();
    let [slowest, expected] = [0, 0];
    try {
      const sender = deployment.cluster.kafka.producer();
      await sender.connect();
      for (const table of TABLE_NAMES) {
        const poisons = table === "samples" ? [...POISONS, REFUSED] : POISONS;
        for (const { name, message } of poisons) {
          const tsMs = Date.now();
          const { rows, block } = goodBlock(table, tsMs);
          const topic = deployment.cluster.topicOf(table);
          await sender.send({ topic, acks: -1, messages: [message(table), envelope(table, rows, block)] });
          expected += 1;
          await until(`the good message behind ${name} in ${table}`, 60_000, () => isStored(deployment, table, tsMs));
          const seconds = (Date.now() - tsMs) / 1000;
          slowest = Math.max(slowest, seconds);
          checks.atMost(`seconds until the good message behind ${name} in ${table}`, seconds, LIMIT_SECONDS);
        }
        print(`  ${table}: ${poisons.length} kinds`);
      }
      await sender.disconnect();
      await drained(deployment, 30_000);
      const told = await lettersOf(deployment.cluster, deployment);
      checkReasons(told, checks);
      checks.equal("dead letters", told.length, expected);
      checks.empty("processes that ended by themselves", deployment.crashes());
      return {
        figures: {
          "bad messages": expected,
          "dead letters": told.length,
          "slowest good message, s": slowest.toFixed(2),
        },
        failures: checks.failures,
      };
    } finally {
      await deployment.stop();
    }
  },
};

type Told = { readonly topic: string; readonly reason: string };

/** In each topic the letters stand in the order of the poisons. */
function checkReasons(told: readonly Told[], checks: Checks): void {
  for (const table of TABLE_NAMES) {
    const letters = told.filter(({ topic }) => topic.endsWith(table));
    const poisons = table === "samples" ? [...POISONS, REFUSED] : POISONS;
    for (const [i, { name, reason }] of poisons.entries()) {
      const found = letters[i]?.reason ?? "nothing";
      if (!reason.test(found)) checks.failures.push(`reason for ${name} in ${table}: ${found}, expected ${reason}`);
    }
  }
}

async function lettersOf(cluster: Cluster, deployment: Deployment): Promise<readonly Told[]> {
  const quiet = { debug() {}, warn() {}, error() {} };
  const letters = await openKafkaDeadLetters(cluster.settings(deployment.broker.address), "chaos", quiet);
  try {
    return await letters.list();
  } finally {
    await letters.close();
  }
}

const found = z.object({ n: z.coerce.number() });

async function isStored(deployment: Deployment, table: TableName, tsMs: number): Promise<boolean> {
  const column = TIME_COLUMN[table];
  const rows = await deployment.store.read({
    name: "chaos_good_row",
    sql: `SELECT count() AS n FROM ${table} WHERE toUnixTimestamp64Milli(${column}) = {ts:Int64}`,
    params: { ts: tsMs },
    row: found,
  });
  return (rows[0]?.n ?? 0) > 0;
}
