import type { DumpEntry, DumpGroup, DumpStatus } from "./dump.ts";
import type { DumpValues } from "./dump-value.ts";

const maxGroups = 100_000;
const maxRanks = 1_048_576;

type Named = Omit<DumpGroup, "pgId">;

/** `pg_config`: by the group's name, {name, desc, ranks: "[0, 1]"}. Versions before 2.4 lack it. */
export function readConfig(values: DumpValues, value: unknown): Named[] {
  if (value === undefined || value === null) return [];
  const config = values.dict("pg_config", value);
  const keys = Object.keys(config);
  if (keys.length > maxGroups) values.refuse("pg_config", `found ${keys.length} groups, expected at most ${maxGroups}`);
  return keys.map((id) => {
    const place = `pg_config[${JSON.stringify(id)}]`;
    const group = values.dict(place, config[id]);
    return {
      id,
      name: values.optional(`${place}.name`, group["name"], values.text) ?? id,
      description: values.optional(`${place}.desc`, group["desc"], values.text) ?? "",
      ranks: readRanks(values, `${place}.ranks`, group["ranks"]),
    };
  });
}

/** `pg_status`: by the group's id on this rank. */
export function readStatus(values: DumpValues, value: unknown): Map<string, DumpStatus> {
  const status = new Map<string, DumpStatus>();
  if (value === undefined || value === null) return status;
  const groups = values.dict("pg_status", value);
  for (const id of Object.keys(groups)) {
    const place = `pg_status[${JSON.stringify(id)}]`;
    const group = values.dict(place, groups[id]);
    const number = (key: string) => values.optional(`${place}.${key}`, group[key], values.integer);
    const lastStarted = number("last_started_collective") ?? -1;
    status.set(id, {
      lastEnqueued: number("last_enqueued_collective") ?? -1,
      lastStarted: lastStarted < 0 ? undefined : lastStarted,
      lastCompleted: number("last_completed_collective") ?? -1,
    });
  }
  return status;
}

/** A text of a list, "[0, 1]", or a list. */
function readRanks(values: DumpValues, place: string, value: unknown): readonly number[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.map((rank, at) => values.integer(`${place}[${at}]`, rank));
  const text = values.text(place, value);
  if (!/^\s*\[[\d,\s]*\]\s*$/.test(text)) values.fail(place, text, 'ranks like "[0, 1]"');
  const ranks = (text.match(/\d+/g) ?? []).map(Number);
  if (ranks.length > maxRanks) values.refuse(place, `found ${ranks.length} ranks, expected at most ${maxRanks}`);
  return ranks;
}

/**
 * Joins the three ways a dump speaks of groups: `pg_config` by name, `pg_status` by id, entries by both. Groups that only
 * entries know are added, without ranks.
 */
export function joinGroups(
  config: readonly Named[],
  status: ReadonlyMap<string, DumpStatus>,
  entries: readonly DumpEntry[],
): DumpGroup[] {
  const named = withEntryNames(config, entries);
  const pgIds = new Map<string, string>();
  for (const { groupName, pgId } of entries) if (pgId !== undefined) pgIds.set(groupName, pgId);
  addByOrder(named, status, pgIds);
  return named.map((group) => ({ ...group, pgId: pgIds.get(group.name) }));
}

/** Some backends call the default group "" in `pg_config` and "0" in entries: what is left over on both sides is the same. */
function withEntryNames(config: readonly Named[], entries: readonly DumpEntry[]): Named[] {
  const left = new Map(entries.map(({ groupName, groupDescription }) => [groupName, groupDescription]));
  for (const { name } of config) left.delete(name);
  const used = new Set(entries.map(({ groupName }) => groupName));
  const unused = config.filter(({ name }) => !used.has(name));
  const nameless = unused.filter(({ name }) => name === "");
  const only = unused.length === 1 ? unused[0] : nameless[0];
  const [first] = left;
  if (left.size === 1 && first !== undefined && only !== undefined) {
    const [name, description] = first;
    return config.map((group) =>
      group === only ? { ...group, name, description: group.description || description } : group,
    );
  }
  const added = [...left].map(([name, description]) => ({ id: name, name, description, ranks: [] }));
  return [...config, ...added];
}

/**
 * Names and ids both count up as groups are made. Where there are as many of the one as of the other, the n-th name belongs
 * to the n-th id, provided that this agrees with every pair that entries tell.
 */
function addByOrder(
  groups: readonly Named[],
  status: ReadonlyMap<string, DumpStatus>,
  pgIds: Map<string, string>,
): void {
  if (groups.length !== status.size) return;
  const names = inOrder(groups.map(({ name }) => name));
  const ids = inOrder([...status.keys()]);
  if (names === undefined || ids === undefined) return;
  const agrees = names.every((name, at) => (pgIds.get(name) ?? ids[at]) === ids[at]);
  if (agrees) for (const [at, name] of names.entries()) pgIds.set(name, ids[at]!);
}

/** undefined where they do not all count; a single one needs no order. */
function inOrder(texts: readonly string[]): string[] | undefined {
  if (texts.length === 1) return [...texts];
  return texts.every((text) => /^\d{1,9}$/.test(text)) ? texts.toSorted((a, b) => Number(a) - Number(b)) : undefined;
}
