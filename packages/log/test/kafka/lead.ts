/** A process that stands for the lead and asks for its confirmation all the time: one JSON line for each answer. */
import { setTimeout as sleep } from "node:timers/promises";
import { openKafkaLeadership } from "../../src/kafka/leadership.ts";

const [broker = "", topicPrefix = "", identity = ""] = process.argv.slice(2);
const leadership = await openKafkaLeadership({
  settings: { brokers: [broker], topicPrefix, compression: "none", partitions: 1, retentionMs: 3_600_000 },
  clientId: identity,
  identity,
  log: { debug() {}, warn() {}, error() {} },
  onMisfit: (error) => {
    throw error;
  },
});
process.on("SIGTERM", () => {
  void leadership.close().then(() => process.exit(0));
});
for (;;) {
  const confirmed = await leadership.confirm();
  process.stdout.write(`${JSON.stringify({ at: Date.now(), confirmed, leads: leadership.leads })}\n`);
  await sleep(50);
}
