/** The command line of `lockstep import` and of what imports for a baseline. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { OBSERVED_KINDS, type ObservedKind } from "@lockstep/schemas/domain/observed";
import { usage } from "../run/deployment.ts";

export const importHelp = `lockstep import: rows you have, as histograms that are judged like live ones

  observations FILE... --model M --time COL    what a model was given and what it answered
    --version V          of the model
    --score COL          its score of class 1, from 0 to 1     --label COL     what came true: 1, 0, true, false
    --positive TEXT      the label of class 1, where it is another
    --prediction COL     what it answered                      --id COL        names a row, for labels that come later
    --feature COL ...    what it was given; default: all other columns
    --kind COL=KIND ...  ${OBSERVED_KINDS.join(", ")}: where it is not an input
    --window 1d          a window for each day (s, m, h, d, w); --rows 5000: for each 5000 rows in the order of time;
                         default: the shortest grid whose windows have enough rows
    --replica COL        which replica answered                --segment COL ...  region, tenant: kept apart
    --bins N|FILE        cells of a numeric column (20), or {"COL": [edge, ...]}; earlier imports' cells stay as they are
    --replace            the same rows were imported in another way: this takes their place

  labels FILE... --model M --id COL --label COL [--positive TEXT] [--score COL]
                         labels of rows that were imported with --id and --score

  Both: --config FILE, --data DIR: where the running system is, as \`lockstep start\` was told.
  CSV, CSV.gz, JSON lines, JSON lines.gz or Parquet. Cut short, the same command goes on; done twice, it changes nothing.
`;

export const placeFlags = { config: { type: "string" }, data: { type: "string" } } as const;

export const observationFlags = {
  ...placeFlags,
  model: { type: "string" },
  version: { type: "string" },
  time: { type: "string" },
  score: { type: "string" },
  label: { type: "string" },
  positive: { type: "string" },
  prediction: { type: "string", multiple: true },
  id: { type: "string" },
  feature: { type: "string", multiple: true },
  kind: { type: "string", multiple: true },
  window: { type: "string" },
  rows: { type: "string" },
  replica: { type: "string" },
  segment: { type: "string", multiple: true },
  bins: { type: "string" },
  replace: { type: "boolean" },
  help: { type: "boolean" },
} as const;

export type WindowChoice =
  | { readonly by: "rows"; readonly rows: number }
  | { readonly by: "time"; readonly ms: number }
  | { readonly by: "default" };

export type Place = { readonly config: string | undefined; readonly data: string | undefined };

export type ObservationsAsked = {
  readonly files: readonly string[];
  readonly place: Place;
  readonly model: string;
  readonly version: string;
  readonly time: string;
  readonly score: string | undefined;
  readonly label: string | undefined;
  readonly positive: string | undefined;
  readonly predictions: readonly string[];
  readonly id: string | undefined;
  /** Undefined: all columns that are nothing else. */
  readonly features: readonly string[] | undefined;
  readonly kinds: ReadonlyMap<string, ObservedKind>;
  readonly window: WindowChoice;
  readonly replica: string | undefined;
  readonly segments: readonly string[];
  /** A count of cells, or the path of a file of edges. */
  readonly bins: number | string;
  readonly replace: boolean;
};

const DEFAULT_CELLS = 20;
const MAX_CELLS = 1000;

export type ObservationValues = ReturnType<typeof parseArgs<{ options: typeof observationFlags }>>["values"];

/** `command` begins every message. Throws StartError for what is missing or cannot be. */
export function observationsAsked(
  command: string,
  files: readonly string[],
  values: ObservationValues,
): ObservationsAsked {
  if (files.length === 0) throw usage(`${command}: name at least one FILE`);
  return {
    files,
    place: { config: values.config, data: values.data },
    model: needed(command, "model", values.model),
    version: values.version ?? "",
    time: needed(command, "time", values.time),
    score: values.score,
    label: values.label,
    positive: values.positive,
    predictions: values.prediction ?? [],
    id: values.id,
    features: values.feature,
    kinds: new Map((values.kind ?? []).map((text) => kindOf(command, text))),
    window: windowOf(command, values.window, values.rows),
    replica: values.replica,
    segments: values.segment ?? [],
    bins: binsOf(command, values.bins),
    replace: values.replace === true,
  };
}

/** Throws StartError for a flag that is not one of `options`. */
export function readFlags<Options extends NonNullable<ParseArgsConfig["options"]>>(
  command: string,
  argv: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: true });
  } catch (error) {
    const said = error instanceof Error ? error.message.split(". ")[0] : String(error);
    throw usage(`${command}: ${said}; --help names the options`);
  }
}

export function needed(command: string, flag: string, value: string | undefined): string {
  if (value === undefined || value === "") throw usage(`${command}: --${flag} is missing; --help names the options`);
  return value;
}

function kindOf(command: string, text: string): [string, ObservedKind] {
  const at = text.lastIndexOf("=");
  const kind = OBSERVED_KINDS.find((each) => each === text.slice(at + 1));
  if (at > 0 && kind !== undefined) return [text.slice(0, at), kind];
  throw usage(
    `${command}: --kind: found ${JSON.stringify(text)}, expected COL=KIND, with KIND of ${OBSERVED_KINDS.join(", ")}`,
  );
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

function windowOf(command: string, window: string | undefined, rows: string | undefined): WindowChoice {
  if (window !== undefined && rows !== undefined)
    throw usage(`${command}: found --window and --rows, expected one of them`);
  if (rows !== undefined) {
    const count = Number(rows);
    if (/^\d+$/.test(rows) && count > 0 && count <= 1e9) return { by: "rows", rows: count };
    throw usage(`${command}: --rows: found ${JSON.stringify(rows)}, expected a number of rows, such as 5000`);
  }
  if (window === undefined) return { by: "default" };
  const [, count = "", unit = ""] = /^(\d{1,6})([smhdw])$/.exec(window) ?? [];
  const ms = Number(count) * (UNITS[unit] ?? 0);
  if (ms > 0) return { by: "time", ms };
  throw usage(`${command}: --window: found ${JSON.stringify(window)}, expected a length such as 30m, 6h or 1d`);
}

function binsOf(command: string, text: string | undefined): number | string {
  if (text === undefined) return DEFAULT_CELLS;
  if (!/^\d+$/.test(text)) return text;
  const cells = Number(text);
  if (cells >= 2 && cells <= MAX_CELLS) return cells;
  throw usage(`${command}: --bins: found ${text}, expected 2 to ${MAX_CELLS} cells, or a file of edges`);
}
