/** Which column of the files is what. */
import type { ObservedKind } from "@lockstep/schemas/domain/observed";
import { usage } from "../run/deployment.ts";
import type { ObservationsAsked } from "./arguments.ts";
import { nearestName } from "./nearest-name.ts";
import type { RowSource } from "./rows/row-source.ts";

export type Feature = {
  readonly kind: ObservedKind;
  readonly feature: string;
  /** Its column of the scratch table. */
  readonly column: string;
  /** It was named: it is taken even where it looks like an id. */
  readonly named: boolean;
};

export type Columns = {
  /** Names in the files, in the order of the scratch table's c0, c1, ...; the time is first. */
  readonly wanted: readonly string[];
  readonly features: readonly Feature[];
  readonly score: Feature | undefined;
  readonly label: string | undefined;
  readonly id: string | undefined;
  readonly replica: string | undefined;
  readonly segments: readonly { readonly name: string; readonly column: string }[];
};

export type NamedSource = { readonly name: string; readonly source: RowSource };

/** `sources`: the files in the order they were named; all of them have what is wanted. Throws StartError for a column that is not there. */
export function columnsOf(command: string, asked: ObservationsAsked, sources: readonly NamedSource[]): Columns {
  const { time, score, label, id, replica, segments, predictions, kinds } = asked;
  const other = [time, score, label, id, replica, ...segments, ...predictions].filter((name) => name !== undefined);
  const available = sources[0]!.source.columns.filter((name) => name !== "");
  const inputs = asked.features ?? available.filter((name) => !other.includes(name));
  const wanted = [...new Set([...other, ...inputs])];
  checkColumns(command, wanted, sources);
  for (const name of kinds.keys()) {
    if (!wanted.includes(name))
      throw usage(`${command}: --kind ${name}: ${noColumn(name, wanted, "the columns that are read")}`);
  }
  const column = (name: string) => `c${wanted.indexOf(name)}`;
  const feature = (name: string, kind: ObservedKind, named: boolean): Feature => ({
    kind: kinds.get(name) ?? kind,
    feature: name,
    column: column(name),
    named,
  });
  const scored = score === undefined ? undefined : { ...feature(score, "score", true), kind: "score" as const };
  return {
    wanted,
    features: [
      ...inputs.map((name) => feature(name, "input", asked.features !== undefined || kinds.has(name))),
      ...predictions.map((name) => feature(name, "prediction", true)),
    ],
    score: scored,
    label: label === undefined ? undefined : column(label),
    id: id === undefined ? undefined : column(id),
    replica: replica === undefined ? undefined : column(replica),
    segments: segments.map((name) => ({ name, column: column(name) })),
  };
}

/** Throws StartError where one of `wanted` is missing in a file. */
export function checkColumns(command: string, wanted: readonly string[], sources: readonly NamedSource[]): void {
  for (const { name: file, source } of sources) {
    const missing = wanted.find((name) => !source.columns.includes(name));
    if (missing !== undefined) throw usage(`${command}: ${file}: ${noColumn(missing, source.columns, "it has")}`);
  }
}

function noColumn(name: string, columns: readonly string[], whose: string): string {
  const near = nearestName(name, columns);
  const shown = columns.slice(0, 30).join(", ") + (columns.length > 30 ? ", ..." : "");
  return `no column "${name}"${near === undefined ? "" : `, did you mean "${near}"?`} (${whose} ${shown})`;
}
