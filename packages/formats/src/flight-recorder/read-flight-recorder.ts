import type { FlightRecorderDump } from "./dump.ts";
import { DumpValues } from "./dump-value.ts";
import { readEntries } from "./entries.ts";
import { FlightRecorderError } from "./flight-recorder-error.ts";
import { joinGroups, readConfig, readStatus } from "./groups.ts";
import { PickleError } from "./pickle-error.ts";
import { isDict, type PickleLimits, pickleLimits } from "./pickle-value.ts";
import { isProgressSummary, readProgressSummary } from "./progress-summary.ts";
import { unpickle } from "./unpickle.ts";

const utf8 = new TextDecoder("utf-8");

/** The number the file name ends with, before any ending: 9 of "_dump_9", 0 of "fr_rank0.pickle". */
export function rankOfFile(file: string): number | undefined {
  const digits = /(\d{1,9})(?:\.[A-Za-z]\w*)*$/.exec(file)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * One rank's dump of PyTorch's Flight Recorder, pickled or JSON, versions 2.0 to 2.10; unknown keys are ignored. The rank is
 * told by the file name alone. Throws FlightRecorderError that names the file, the place, what was found and what was
 * expected; reads nothing but plain data (see unpickle) within `limits`.
 */
export function readFlightRecorder(
  file: string,
  bytes: Uint8Array,
  limits: PickleLimits = pickleLimits,
): FlightRecorderDump {
  const values: DumpValues = new DumpValues(file);
  const content = contentOf(file, bytes, limits);
  if (!isDict(content)) values.fail("the whole file", content, "a dict with `entries`");
  if (isProgressSummary(content)) return readProgressSummary(file, values, content);
  if (content["entries"] === undefined && content["pg_status"] === undefined)
    values.refuse(
      "the whole file",
      `found the keys ${Object.keys(content).slice(0, 8).join(", ")}, expected \`entries\``,
    );
  const rank = rankOfFile(file) ?? values.fail("file name", file, 'the rank at its end, like "nccl_trace_rank_3"');
  // A dump without collectives (includeCollectives=False) still tells the status of its groups.
  const entries = readEntries(values, content["entries"] ?? []);
  const status = readStatus(values, content["pg_status"]);
  const groups = joinGroups(readConfig(values, content["pg_config"]), status, entries);
  const version = content["version"];
  return { file, rank, version: version === undefined ? "" : String(version), groups, status, entries };
}

function contentOf(file: string, bytes: Uint8Array, limits: PickleLimits): unknown {
  if (bytes.length === 0) throw new FlightRecorderError(file, "offset 0", "found an empty file, expected a dump");
  if (bytes.length > limits.maxBytes)
    throw new FlightRecorderError(file, "offset 0", `found ${bytes.length} bytes, expected at most ${limits.maxBytes}`);
  const start = bytes.find((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
  try {
    // No pickle begins with an opening brace or a byte order mark: neither is an opcode that can stand first.
    return start === 0x7b || start === 0xef ? JSON.parse(utf8.decode(bytes)) : unpickle(bytes, limits);
  } catch (error) {
    if (error instanceof PickleError)
      throw new FlightRecorderError(file, `offset ${error.offset}`, error.message.replace(/^offset \d+: /, ""));
    if (error instanceof SyntaxError)
      throw new FlightRecorderError(file, "the JSON text", `${error.message}: the file is cut or damaged`);
    throw error;
  }
}
