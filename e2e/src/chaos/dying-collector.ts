/**
 * A process of its own: appends numbered blocks to its spool, forwards them to Kafka, and kills itself at a random one of
 * the moments when Kafka has acknowledged a send and the spool has not been told.
 */
import { join } from "node:path";
import { startForwarder } from "@lockstep/log/kafka/forwarder";
import { kafkaSettingsFromEnv } from "@lockstep/log/kafka/settings";
import { openSpoolProducer } from "@lockstep/log/spool/producer";
import { processEnv } from "@lockstep/schemas/process/env";
import { numberedBlock } from "./numbered-producer.ts";

const env = processEnv.parse(process.env);
const settings = kafkaSettingsFromEnv(env);
if (settings === undefined) throw new Error("no brokers are named");
const onlyDrain = process.env["CHAOS_ONLY_DRAIN"] === "1";
const path = join(env.LOCKSTEP_DATA, "spool");
const spool = await openSpoolProducer({ path, producer: "dying" });

let sendsToLive = onlyDrain ? Number.POSITIVE_INFINITY : 1 + Math.floor(Math.random() * 20);
const fail = (error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
};
const forwarder = await startForwarder({
  path,
  settings,
  clientId: "dying",
  log: { debug() {}, warn: (_, message) => fail(message), error: (_, message) => fail(message) },
  onSent() {
    sendsToLive -= 1;
    if (sendsToLive <= 0) process.kill(process.pid, "SIGKILL");
  },
  onFatal: (error) => {
    fail(error);
    process.exit(1);
  },
});
process.stdout.write("ready dying\n");

let stopping = false;
process.on("SIGTERM", () => {
  stopping = true;
  void forwarder.stop().then(() => process.exit(0));
});

const origin = Date.now();
for (let number = 0; !onlyDrain && !stopping; number++) {
  await spool.append([numberedBlock(number % settings.partitions, number, 500, origin)]);
  await new Promise((resolve) => setTimeout(resolve, 20));
}
