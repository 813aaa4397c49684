/** A process that reads along and prints table and text of every message before it commits: consume.ts PATH */
import { writeSync } from "node:fs";
import { openSpoolConsumer } from "../src/spool/consumer.ts";
import { blocksOf } from "./numbered-blocks.ts";

const consumer = await openSpoolConsumer({ path: process.argv[2]!, pollMs: 5 });
process.on("SIGTERM", () => void consumer.stop());
await consumer.run(async ({ claim, messages }) => {
  const lines = messages.map(({ table, block, sequence }) => {
    const [, append, i] = /^(\d+)\/(\d+) /.exec(Buffer.from(block.subarray(0, 30)).toString())!;
    const expected = blocksOf(Number(append))[Number(i)]!;
    const whole = expected.table === table && Buffer.compare(expected.block, block) === 0;
    return `${table} ${append}/${i} ${whole ? "whole" : "damaged"} ${Math.floor(sequence / 4096)}\n`;
  });
  writeSync(1, lines.join(""));
  await claim.commit({ offset: messages.at(-1)!.offset + 1, metadata: "" });
});
