import type { DumpEntry, DumpFrame, DumpState } from "./dump.ts";
import { type DumpValues, numberOf } from "./dump-value.ts";
import { readProfilingName } from "./profiling-name.ts";

/** More than the largest ring in use by far. */
const maxEntries = 1_000_000;
const maxTensors = 65_536;
const maxDimensions = 64;
const maxFrames = 1_024;
const states: ReadonlySet<string> = new Set(["scheduled", "started", "completed"]);

type Dict = { readonly [key: string]: unknown };

/**
 * The operations of `entries`. Keys that older versions lack are undefined, empty or false. Memoised lists are read once, so
 * that a file cannot ask for more work than it is long.
 */
export function readEntries(values: DumpValues, value: unknown): DumpEntry[] {
  const list = values.list("entries", value);
  if (list.length > maxEntries) values.fail("entries", list, `at most ${maxEntries}`);
  const once = new Repeated(values);
  return list.map((entry, index) => readEntry(values, once, `entries[${index}]`, entry, index));
}

function readEntry(values: DumpValues, once: Repeated, place: string, value: unknown, index: number): DumpEntry {
  const entry = values.dict(place, value);
  const at = (key: string) => `${place}.${key}`;
  const integer = (key: string) => values.optional(at(key), entry[key], values.integer);
  const name = values.text(at("profiling_name"), entry["profiling_name"]);
  const { backend, collective, peer } = readProfilingName(name);
  const pgId = integer("pg_id");
  const [groupName, groupDescription] = groupOf(values, place, entry, pgId);
  return {
    recordId: integer("record_id") ?? index,
    groupName,
    groupDescription,
    pgId: pgId === undefined ? undefined : String(pgId),
    backend,
    collective,
    seq: values.integer(at("collective_seq_id"), entry["collective_seq_id"] ?? entry["seq_id"]),
    p2pSeq: integer("p2p_seq_id") ?? 0,
    opId: integer("op_id"),
    peer,
    // Older versions lack the key; only point-to-point names carry the other end.
    isP2p: values.optional(at("is_p2p"), entry["is_p2p"], values.boolean) ?? peer !== undefined,
    inputSizes: once.sizes(at("input_sizes"), entry["input_sizes"]),
    inputDtypes: once.texts(at("input_dtypes"), entry["input_dtypes"]),
    outputSizes: once.sizes(at("output_sizes"), entry["output_sizes"]),
    outputDtypes: once.texts(at("output_dtypes"), entry["output_dtypes"]),
    state: stateOf(values, at("state"), entry["state"]),
    createdUs: values.time(at("time_created_ns"), entry["time_created_ns"]),
    startedUs: values.time(at("time_discovered_started_ns"), entry["time_discovered_started_ns"]),
    completedUs: values.time(at("time_discovered_completed_ns"), entry["time_discovered_completed_ns"]),
    retired: values.optional(at("retired"), entry["retired"], values.boolean) ?? false,
    timeoutMs: integer("timeout_ms"),
    durationMs: numberOf(entry["duration_ms"]),
    frames: once.frames(at("frames"), entry["frames"]),
  };
}

export function stateOf(values: DumpValues, place: string, value: unknown): DumpState {
  if (typeof value === "string" && states.has(value)) return value as DumpState;
  return values.fail(place, value, '"scheduled", "started" or "completed"');
}

/** `process_group` is (name, description); before it there was a name alone, and before that an id. */
function groupOf(values: DumpValues, place: string, entry: Dict, pgId: number | undefined): [string, string] {
  const group = entry["process_group"];
  if (group === undefined) {
    const name = entry["pg_name"] ?? (pgId === undefined ? "" : String(pgId));
    return [values.text(`${place}.pg_name`, name), ""];
  }
  const [name, description] = values.list(`${place}.process_group`, group);
  return [
    values.text(`${place}.process_group[0]`, name),
    values.optional(`${place}.process_group[1]`, description, values.text) ?? "",
  ];
}

/** Lists that many entries share in a pickle: sizes, types, stacks. */
class Repeated {
  readonly #values: DumpValues;
  readonly #sizes = new Map<unknown, readonly (readonly number[])[]>();
  readonly #texts = new Map<unknown, readonly string[]>();
  readonly #frames = new Map<unknown, readonly DumpFrame[]>();
  readonly #frame = new Map<unknown, DumpFrame>();

  constructor(values: DumpValues) {
    this.#values = values;
  }

  sizes(place: string, value: unknown): readonly (readonly number[])[] {
    return remembered(this.#sizes, value, () =>
      this.#list(place, value, maxTensors).map((shape, at) => this.#shape(`${place}[${at}]`, shape)),
    );
  }

  texts(place: string, value: unknown): readonly string[] {
    return remembered(this.#texts, value, () =>
      this.#list(place, value, maxTensors).map((text, at) => this.#values.text(`${place}[${at}]`, text)),
    );
  }

  frames(place: string, value: unknown): readonly DumpFrame[] {
    return remembered(this.#frames, value, () =>
      this.#list(place, value, maxFrames).map((frame, at) =>
        remembered(this.#frame, frame, () => this.#readFrame(`${place}[${at}]`, frame)),
      ),
    );
  }

  #shape(place: string, value: unknown): readonly number[] {
    return this.#list(place, value, maxDimensions).map((size, at) => this.#values.integer(`${place}[${at}]`, size));
  }

  #readFrame(place: string, value: unknown): DumpFrame {
    const frame = this.#values.dict(place, value);
    return {
      name: this.#values.optional(`${place}.name`, frame["name"], this.#values.text) ?? "",
      file: this.#values.optional(`${place}.filename`, frame["filename"], this.#values.text) ?? "",
      line: numberOf(frame["line"]) ?? 0,
    };
  }

  #list(place: string, value: unknown, most: number): readonly unknown[] {
    if (value === undefined || value === null) return [];
    const list = this.#values.list(place, value);
    return list.length <= most ? list : this.#values.fail(place, list, `at most ${most}`);
  }
}

function remembered<T>(known: Map<unknown, T>, key: unknown, make: () => T): T {
  if (typeof key !== "object" || key === null) return make();
  const before = known.get(key);
  if (before !== undefined) return before;
  const made = make();
  known.set(key, made);
  return made;
}
