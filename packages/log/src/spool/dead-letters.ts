/** Blocks laid aside because of what they hold, with the reason; kept until someone looks. */
import type { DeadLetters, LogMessage } from "../log.ts";
import { encodeEnvelope } from "./envelope.ts";
import { asLogError, openEnvironment } from "./environment.ts";

/** Beyond this many, the oldest make room. */
const MAX_DEAD = 1000;

export async function openSpoolDeadLetters(options: { path: string; maxBytes?: number }): Promise<DeadLetters> {
  const { root, dead } = openEnvironment(options.path, options.maxBytes);
  return {
    async put(topic: string, message: LogMessage, reason: string): Promise<void> {
      const note = Buffer.from(`${JSON.stringify({ reason })}\n`);
      const stored = Buffer.concat([note, encodeEnvelope(message, message.producer, message.sequence)]);
      try {
        await root.transaction(() => {
          dead.put([topic, message.offset], stored);
          const surplus = dead.getKeysCount() - MAX_DEAD;
          if (surplus > 0) for (const key of dead.getKeys({ limit: surplus })) dead.remove(key);
        });
      } catch (error) {
        throw asLogError(error, `dead letter ${topic}/${message.offset} was not kept`);
      }
    },
    async list() {
      return [...dead.getRange()].map(({ key, value }) => {
        const line = value.subarray(0, value.indexOf(10)).toString("utf8");
        return { topic: key[0], offset: key[1], reason: (JSON.parse(line) as { reason: string }).reason };
      });
    },
    close: () => root.close(),
  };
}
