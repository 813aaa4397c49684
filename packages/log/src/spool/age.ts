import type { TableName } from "@lockstep/schemas/blocks/tables";
import { LogError } from "../log.ts";
import { decodeEnvelope } from "./envelope.ts";
import type { SpoolEnvironment } from "./environment.ts";

/** When the message at this offset was appended, ms since 1970; undefined where it is not there or does not say. */
export function appendedAtOf(environment: SpoolEnvironment, topic: TableName, offset: number): number | undefined {
  const stored = environment.topics[topic].get(offset);
  if (stored === undefined) return undefined;
  try {
    return decodeEnvelope(stored, offset).appendedAt;
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    return undefined; // a damaged envelope tells nothing; ingest will lay it aside
  }
}
