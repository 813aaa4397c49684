/** A process that forwards a spool and kills itself when Kafka has acknowledged something and the spool was not told. */
import { startForwarder } from "../../src/kafka/forwarder.ts";

const [path = "", broker = "", topicPrefix = ""] = process.argv.slice(2);
const tell = (_: object, message: string) => process.stderr.write(`${message}\n`);
await startForwarder({
  path,
  settings: { brokers: [broker], topicPrefix, compression: "zstd", partitions: 2, retentionMs: 3_600_000 },
  clientId: "dying",
  log: { debug() {}, warn: tell, error: tell },
  onSent: () => process.kill(process.pid, "SIGKILL"),
  onFatal: (error) => {
    throw error;
  },
});
