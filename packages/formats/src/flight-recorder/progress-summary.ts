import type { DumpEntry, FlightRecorderDump } from "./dump.ts";
import type { DumpValues } from "./dump-value.ts";
import { stateOf } from "./entries.ts";
import { joinGroups, readConfig, readStatus } from "./groups.ts";
import { readProfilingName } from "./profiling-name.ts";

type Dict = { readonly [key: string]: unknown };

/** `{rank, n, max_seq, last: [[name, seq, state, retired, sizes]], pg_status, pg_config}`: a dump cut down to its end. */
export function isProgressSummary(content: Dict): boolean {
  return content["entries"] === undefined && Array.isArray(content["last"]) && content["rank"] !== undefined;
}

/** Of one group, as its entries do not name theirs. Sizes are those of the inputs. */
export function readProgressSummary(file: string, values: DumpValues, content: Dict): FlightRecorderDump {
  const rank = values.integer("rank", content["rank"]);
  const config = readConfig(values, content["pg_config"]);
  const status = readStatus(values, content["pg_status"]);
  const [group, second] = config;
  if (group === undefined || second !== undefined)
    return values.refuse("pg_config", `found ${config.length} groups, expected one, as \`last\` does not name groups`);
  const { name, description } = group;
  const [pgId] = status.size === 1 ? status.keys() : [];
  const last = values.list("last", content["last"]);
  const recorded = values.optional("n", content["n"], values.integer) ?? last.length;
  const entries = last.map((value, index) => {
    const entry = readLast(values, `last[${index}]`, value);
    return {
      ...entry,
      recordId: recorded - last.length + index,
      groupName: name,
      groupDescription: description,
      pgId,
    };
  });
  return { file, rank, version: "", groups: joinGroups(config, status, entries), status, entries };
}

function readLast(values: DumpValues, place: string, value: unknown): DumpEntry {
  const [name, seq, state, retired, sizes] = values.list(place, value);
  return {
    ...readProfilingName(values.text(`${place}[0]`, name)),
    recordId: 0,
    groupName: "",
    groupDescription: "",
    pgId: undefined,
    seq: values.integer(`${place}[1]`, seq),
    p2pSeq: 0,
    opId: undefined,
    isP2p: false,
    inputSizes: values
      .list(`${place}[4]`, sizes ?? [])
      .map((shape, at) =>
        values.list(`${place}[4][${at}]`, shape).map((size) => values.integer(`${place}[4][${at}]`, size)),
      ),
    inputDtypes: [],
    outputSizes: [],
    outputDtypes: [],
    state: stateOf(values, `${place}[2]`, state),
    createdUs: undefined,
    startedUs: undefined,
    completedUs: undefined,
    retired: values.boolean(`${place}[3]`, retired),
    timeoutMs: undefined,
    durationMs: undefined,
    frames: [],
  };
}
