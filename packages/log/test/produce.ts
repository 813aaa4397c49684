/** A process that appends and tells of each acknowledgement: produce.ts PATH FIRST [LAST] */
import { writeSync } from "node:fs";
import { openSpoolProducer } from "../src/spool/producer.ts";
import { blocksOf } from "./numbered-blocks.ts";

const [path, first, last] = process.argv.slice(2);
const producer = await openSpoolProducer({ path: path!, producer: "p" });
for (let append = Number(first); append <= Number(last ?? Infinity); append++) {
  await producer.append(blocksOf(append), { sequence: append });
  writeSync(1, `${append}\n`);
}
await producer.close();
