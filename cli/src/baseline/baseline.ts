/** `lockstep baseline`: what the windows of a model are compared with. */
import { userInfo } from "node:os";
import {
  type BaselineListRow,
  baselineHolds,
  baselineList,
  baselineModels,
  baselineStretch,
} from "@lockstep/schemas/queries/baseline-list";
import type { Store } from "@lockstep/store/client";
import { needed, observationFlags, observationsAsked, readFlags } from "../import/arguments.ts";
import { nearestName } from "../import/nearest-name.ts";
import { importRows } from "../import/observations.ts";
import { count } from "../import/progress.ts";
import { withRunningStore } from "../import/running-store.ts";
import { usage } from "../run/deployment.ts";
import type { StartSurroundings } from "../start/start.ts";
import { StartError } from "../start/start-error.ts";
import { readStretch } from "./stretch.ts";

const help = `lockstep baseline: what the windows of a model are compared with

  create MODEL --from FILE...    imports the file as \`lockstep import observations\` does, with its options, and
                                 sets its windows
  create MODEL --window A..B     a stretch of what was observed: 2026-11-01..2026-11-15, times in UTC unless a zone is told
    --version V                  made of rows of this version only; with --from: the rows are of this version
    --for V                      compared with windows of this version only
    --name NAME                  "training" unless it is named
  list MODEL                     the newest holds

  --config FILE, --data DIR      where the running system is, as \`lockstep start\` was told
`;

const flags = {
  ...observationFlags,
  from: { type: "string", multiple: true },
  for: { type: "string" },
  name: { type: "string" },
} as const;

type Values = ReturnType<typeof readBaselineFlags>["values"];

function readBaselineFlags(argv: readonly string[]) {
  return readFlags("lockstep baseline", argv, flags);
}

/** Resolves with the exit code. Throws StartError. */
export async function baseline(argv: readonly string[], surroundings: StartSurroundings): Promise<number> {
  const { values, positionals } = readBaselineFlags(argv);
  if (values.help) {
    surroundings.print(help);
    return 0;
  }
  const [verb, model, ...more] = positionals;
  if ((verb !== "create" && verb !== "list") || model === undefined) {
    throw usage(
      `lockstep baseline: found ${positionals.join(" ") || "nothing"}, expected \`create MODEL\` or \`list MODEL\`; --help names the options`,
    );
  }
  const place = { config: values.config, data: values.data };
  return withRunningStore(`lockstep baseline ${verb}`, place, surroundings, async ({ store, shown }) => {
    if (verb === "create") {
      surroundings.print(`into ${shown}`);
      return create(model, more, values, store, surroundings);
    }
    if (more.length > 0)
      throw usage(`lockstep baseline list: found ${more.join(" ")} behind the model, expected nothing`);
    return list(model, store, surroundings.print);
  });
}

/** Files may stand behind the first as a shell expands them. */
async function create(
  model: string,
  more: readonly string[],
  values: Values,
  store: Store,
  surroundings: StartSurroundings,
): Promise<number> {
  const name = values.name ?? "training";
  const ofVersion = values.version ?? "";
  const stretch =
    values.from === undefined
      ? await observedStretch(
          model,
          ofVersion,
          needed("lockstep baseline create", "from FILE or --window A..B", values.window),
          more,
          store,
        )
      : await importedStretch(model, [...values.from, ...more], values, store, surroundings);
  const row = {
    ...{ model, version: values.for ?? "", name, since: stretch.fromMs, until: stretch.toMs },
    ...{ of_version: ofVersion, created: Date.now(), created_by: userInfo().username },
  };
  await store.insertRows("baselines", [row]);
  surroundings.print(
    `baseline "${name}" of model ${model}${row.version === "" ? "" : `, for version ${row.version}`}: ${count(stretch.windows)} windows, ${span(stretch.fromMs, stretch.toMs)}`,
  );
  return 0;
}

type Stretch = { readonly fromMs: number; readonly toMs: number; readonly windows: number };

async function importedStretch(
  model: string,
  files: readonly string[],
  values: Values,
  store: Store,
  surroundings: StartSurroundings,
): Promise<Stretch> {
  const command = "lockstep baseline create";
  const asked = observationsAsked(command, files, { ...values, model });
  const { origin } = await importRows(command, asked, store, surroundings);
  const [stretch] = await store.read(baselineStretch({ model, origin }));
  if (stretch === undefined || stretch.windows === 0) throw new Error(`nothing of ${origin} is in the histograms`);
  return stretch;
}

async function observedStretch(
  model: string,
  version: string,
  text: string,
  more: readonly string[],
  store: Store,
): Promise<Stretch> {
  if (more.length > 0)
    throw usage(`lockstep baseline create: found ${more.join(" ")} behind the model, expected --from FILE`);
  const { fromMs, toMs } = readStretch(text);
  const [holds] = await store.read(baselineHolds({ model, version, fromMs, toMs }));
  if (holds !== undefined && holds.windows > 0) return { fromMs, toMs, windows: holds.windows };
  const names = (await store.read(baselineModels())).map((row) => row.model);
  const near = names.includes(model) ? undefined : nearestName(model, names);
  const why = near === undefined ? "" : `; did you mean model "${near}"?`;
  throw new StartError(
    `lockstep baseline create: model ${model} has no window that lies in ${span(fromMs, toMs)}${why}`,
    { exitCode: 2 },
  );
}

async function list(model: string, store: Store, print: StartSurroundings["print"]): Promise<number> {
  const rows = await store.read(baselineList({ model }));
  if (rows.length === 0) print(`model ${model} has no baseline; \`lockstep baseline create ${model}\` sets one`);
  const held = new Set<string>();
  for (const row of rows) {
    print(lineOf(row, held.has(row.version)));
    held.add(row.version);
  }
  return 0;
}

function lineOf(
  { version, name, sinceAt, untilAt, ofVersion, createdAt, createdBy }: BaselineListRow,
  isOld: boolean,
): string {
  const whose = version === "" ? "every version" : `version ${version}`;
  const of = ofVersion === "" ? "" : ` of version ${ofVersion}`;
  const state = isOld ? "  (a newer one holds)" : "";
  return `${name}, for ${whose}: ${span(sinceAt, untilAt)}${of}; set ${minute(createdAt)} by ${createdBy}${state}`;
}

function span(fromMs: number, toMs: number): string {
  return `${minute(fromMs)} to ${minute(toMs)} UTC`;
}

function minute(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace("T", " ");
}
