import { collectiveName } from "../collective-lines/collective-name.ts";
import { type Problem, shown } from "../collective-lines/line-problem.ts";
import type { RasCommunicator, RasMember, RasReport, RasStatus } from "./ras-report.ts";

type Json = Record<string, unknown>;

export class RasError extends Error {
  override readonly name = "RasError";
}

const maxProblems = 100;

/**
 * Reads the JSON that `ncclras -f json` prints (NCCL 2.28.7 and later). Throws RasError where it is no such report; its text
 * form is refused, because its wording changes from release to release.
 */
export function readRas(text: string): RasReport {
  const report = reportOf(text);
  const communicators = report["communicators"];
  if (!Array.isArray(communicators))
    throw new RasError(`RAS report, communicators: found ${shown(communicators)}, expected a list of communicators`);
  const problems: Problem[] = [];
  const read = communicators.flatMap((each: unknown, index) =>
    communicatorOf(each, `communicators[${index}]`, problems),
  );
  return {
    ncclVersion: string(report["nccl_version"]),
    takenAt: string(report["timestamp"]),
    communicators: read,
    problems: problems.slice(0, maxProblems),
  };
}

function reportOf(text: string): Json {
  const trimmed = text.trim();
  if (!trimmed.startsWith("{"))
    throw new RasError(
      `RAS report: found ${shown(trimmed.slice(0, 60))}, expected JSON. ` +
        "Ask for it with `ncclras -f json` (NCCL 2.28.7 and later); the text form is not read.",
    );
  try {
    return JSON.parse(trimmed) as Json;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RasError(`RAS report: found JSON that is cut or broken (${error.message}), expected one whole object`);
  }
}

function communicatorOf(found: unknown, place: string, problems: Problem[]): RasCommunicator[] {
  const problem = (field: string, value: unknown, expected: string) => {
    problems.push({ field: `${place}.${field}`, found: shown(value), expected });
    return [];
  };
  if (!isObject(found)) return problem("hash", found, "an object with hash, size and ranks");
  const { hash, size } = found;
  if (typeof hash !== "string" || !/^0x[\da-f]{1,16}$/i.test(hash)) return problem("hash", hash, "a hash like 0xae94");
  if (!isCount(size) || size === 0) return problem("size", size, "a whole number from 1");
  const members = [
    ...membersOf(found["ranks"], `${place}.ranks`, size, false, problems),
    ...membersOf(found["missing_ranks"], `${place}.missing_ranks`, size, true, problems),
  ].sort((a, b) => a.rank - b.rank);
  const id = `0x${BigInt(hash).toString(16)}`;
  return [{ id, secondaryHash: string(found["secondary_hash"]), size, members }];
}

function membersOf(found: unknown, place: string, size: number, missing: boolean, problems: Problem[]): RasMember[] {
  if (found === undefined) return [];
  if (!Array.isArray(found)) {
    problems.push({ field: place, found: shown(found), expected: "a list of ranks" });
    return [];
  }
  return found.flatMap((each: unknown, index) => {
    const rank = isObject(each) ? each["rank"] : each;
    if (isObject(each) && isCount(rank) && rank < size) return [memberOf(each, rank, missing)];
    problems.push({
      field: `${place}[${index}].rank`,
      found: shown(rank),
      expected: `a whole number from 0 to ${size - 1}`,
    });
    return [];
  });
}

function memberOf(found: Json, rank: number, missing: boolean): RasMember {
  return {
    rank,
    host: string(found["host"]),
    pid: count(found["pid"]),
    cudaDev: count(found["cuda_dev"]),
    nvmlDev: count(found["nvml_dev"]),
    missing,
    status: statusOf(isObject(found["status"]) ? found["status"] : {}),
    counts: countsOf(isObject(found["collective_counts"]) ? found["collective_counts"] : {}),
  };
}

function statusOf(found: Json): RasStatus {
  return {
    initState: count(found["init_state"]),
    asyncError: count(found["async_error"]),
    finalizeCalled: flag(found["finalize_called"]),
    destroyFlag: flag(found["destroy_flag"]),
    abortFlag: flag(found["abort_flag"]),
    unresponsive: flag(found["unresponsive"]),
    consideredDead: flag(found["considered_dead"]),
  };
}

function countsOf(found: Json): Map<string, number> {
  const told = Object.entries(found).filter((entry): entry is [string, number] => isCount(entry[1]));
  return new Map(told.map(([name, operations]) => [collectiveName(name), operations]));
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

function count(value: unknown): number | undefined {
  return isCount(value) ? value : undefined;
}

function string(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function flag(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}
