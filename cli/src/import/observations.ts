/** `lockstep import observations`: files into a scratch table, and ClickHouse counts them into histograms. */
import { resolve } from "node:path";
import {
  type ImportRows,
  importAwaited,
  importCategoryBins,
  importNumberBins,
} from "@lockstep/schemas/queries/import-bins";
import { importDone, importForget } from "@lockstep/schemas/queries/import-known-cells";
import { importScratchDrop, importTimes } from "@lockstep/schemas/queries/import-scratch";
import type { Store } from "@lockstep/store/client";
import { usage } from "../run/deployment.ts";
import type { StartSurroundings } from "../start/start.ts";
import { StartError } from "../start/start-error.ts";
import { importHelp, type ObservationsAsked, observationFlags, observationsAsked, readFlags } from "./arguments.ts";
import { checkClasses, checkIds, checkParts, placeOf } from "./checked-rows.ts";
import { type Columns, columnsOf } from "./columns.ts";
import { readEdges } from "./edges-file.ts";
import type { CountedFeature } from "./feature-cells.ts";
import { featureCells } from "./feature-cells.ts";
import { count, type ProgressOutput } from "./progress.ts";
import { openRows } from "./rows/open-rows.ts";
import { withRunningStore } from "./running-store.ts";
import { hashOfFiles, isLeftOver, type Note, removeLeftovers, run, scratchName, shortHash, upload } from "./scratch.ts";
import { type MadeWindows, makeWindows } from "./windows.ts";

export async function importObservations(argv: readonly string[], surroundings: StartSurroundings): Promise<number> {
  const command = "lockstep import observations";
  const { values, positionals } = readFlags(command, argv, observationFlags);
  if (values.help) {
    surroundings.print(importHelp);
    return 0;
  }
  const asked = observationsAsked(command, positionals, values);
  return withRunningStore(command, asked.place, surroundings, async ({ store, shown }) => {
    surroundings.print(`into ${shown}`);
    await importRows(command, asked, store, surroundings);
    return 0;
  });
}

/** What was imported: all rows of the model's histograms whose origin begins so. */
export type Imported = { readonly origin: string };

/** Resolves once all of it is in `histograms`, also where it was before. Rejects with StartError. */
export async function importRows(
  command: string,
  asked: ObservationsAsked,
  store: Store,
  surroundings: StartSurroundings,
): Promise<Imported> {
  const { cwd, print } = surroundings;
  const paths = asked.files.map((file) => resolve(cwd, file));
  const sources = await Promise.all(
    asked.files.map(async (name, i) => ({ name, source: await openRows(name, paths[i]!) })),
  );
  const columns = columnsOf(command, asked, sources);
  const edges = typeof asked.bins === "string" ? readEdges(asked.bins, cwd) : undefined;
  const content = shortHash(await hashOfFiles(paths), asked.version);
  const origin = `${content}/${shortHash(planText(asked, columns, edges))}`;
  const table = scratchName(shortHash(origin, asked.model));
  await removeLeftovers(store, table, Date.now(), print);
  if (await isThere({ command, asked, store, table, content, origin, print })) return { origin };
  const note: Note = { files: asked.files.join(" "), startedMs: Date.now(), model: asked.model, origin };
  const importing: Importing = { command, asked, columns, edges, store, table, origin, note, surroundings };
  try {
    const output = outputOf(surroundings);
    const rows = await upload({
      store,
      table,
      sources: sources.map(({ source }) => source),
      wanted: columns.wanted,
      timed: true,
      note,
      output,
    });
    print(
      `  read ${count(rows)} rows, ${columns.wanted.length} columns (${[...new Set(sources.map(({ source }) => source.format))].join(", ")})`,
    );
    await countRows(importing, rows);
  } catch (error) {
    // What a file says wrong stays wrong: nothing of it is kept. What was sent is, for when ClickHouse is back.
    if (!(error instanceof StartError && error.exitCode === 2)) throw error;
    await forget(importing);
    throw new StartError(`${error.message}. Nothing was imported`, { exitCode: 2, cause: error });
  }
  await dropScratch(store, table);
  return { origin };
}

type Importing = {
  readonly command: string;
  readonly asked: ObservationsAsked;
  readonly columns: Columns;
  readonly edges: ReadonlyMap<string, readonly number[]> | undefined;
  readonly store: Store;
  readonly table: string;
  readonly origin: string;
  readonly note: Note;
  readonly surroundings: StartSurroundings;
};

function windowsTable(table: string): string {
  return `${table}_windows`;
}

async function dropScratch(store: Store, table: string): Promise<void> {
  await run(store, importScratchDrop(windowsTable(table)));
  await run(store, importScratchDrop(table));
}

async function forget({ store, asked, origin, table }: Importing): Promise<void> {
  // Most faults are found before a cell is counted; removing what is not there still visits every part of the table.
  const counted = await store.read(importDone({ model: asked.model, content: origin }));
  if (counted.length > 0) await run(store, importForget({ model: asked.model, origin }));
  await dropScratch(store, table);
}

/** Of how the rows are read, all that changes what is counted. */
function planText(asked: ObservationsAsked, columns: Columns, edges: Importing["edges"]): string {
  const { time, score, label, positive, id, predictions, window, replica, segments, bins } = asked;
  const kinds = columns.features.map(({ kind, feature, named }) => [kind, feature, named]);
  const cells = edges === undefined ? bins : [...edges].map(([name, each]) => [name, each.map(String)]);
  return JSON.stringify({ time, score, label, positive, id, predictions, window, replica, segments, kinds, cells });
}

type There = {
  readonly command: string;
  readonly asked: ObservationsAsked;
  readonly store: Store;
  readonly table: string;
  readonly content: string;
  readonly origin: string;
  readonly print: (line: string) => void;
};

/** Whether the same rows were imported in the same way; in another way they are refused or, when asked, removed. */
async function isThere({ command, asked, store, table, content, origin, print }: There): Promise<boolean> {
  const { model } = asked;
  const done = await store.read(importDone({ model, content: `${content}/` }));
  const own = done.filter((row) => `${content}/${row.origin}` === origin);
  const others = done.filter((row) => `${content}/${row.origin}` !== origin);
  if (own.length > 0 && !(await isLeftOver(store, table))) {
    const windows = Math.max(...own.map((row) => row.windows));
    print(
      `already imported: ${own.length} columns in ${count(windows)} windows of model ${model}; nothing was changed`,
    );
    return true;
  }
  if (others.length === 0) return false;
  if (!asked.replace) {
    const windows = Math.max(...others.map((row) => row.windows));
    throw usage(
      `${command}: these very rows are in model ${model} already, read in another way (${others.length} columns, ${count(windows)} windows): they would count twice. --replace puts this way in the place of that`,
    );
  }
  for (const other of new Set(others.map((row) => row.origin))) {
    await run(store, importForget({ model, origin: `${content}/${other}` }));
  }
  print(`removed what the same rows had counted before (${others.length} columns)`);
  return false;
}

async function countRows(importing: Importing, rows: number): Promise<void> {
  const { asked, columns, store, table, surroundings } = importing;
  const { print } = surroundings;
  if (rows === 0)
    throw new StartError(`${asked.files.join(", ")}: found no rows behind the names of the columns`, { exitCode: 2 });
  await checkTimes(importing);
  await checkClasses(importing);
  await checkParts(importing);
  const windows = await makeWindows({
    store,
    table,
    windows: windowsTable(table),
    asked,
    rows,
    note: JSON.stringify({ ...importing.note, origin: "" }),
  });
  print(`  ${windows.said}`);
  const features = await featureCells({ ...importing, rows });
  const counted = features.filter((each) => each.cells.form !== "skipped");
  if (counted.length === 0) throw nothingCounted(asked, features);
  const of: ImportRows = {
    table,
    windows: windowsTable(table),
    model: asked.model,
    version: asked.version,
    ...(columns.replica !== undefined && { replica: columns.replica }),
    segments: columns.segments,
    origin: importing.origin,
    seenMs: Date.now(),
  };
  for (const each of features) await countFeature(importing, of, each);
  if (columns.id !== undefined && columns.score !== undefined) await awaitLabels(importing, of);
  told(importing, counted, windows, rows);
}

function nothingCounted(asked: ObservationsAsked, features: readonly CountedFeature[]): StartError {
  const skipped = features.slice(0, 5).map(({ feature, cells }) => `${feature.feature}: ${cells.why}`);
  const why = skipped.length === 0 ? "name some with --feature" : skipped.join("; ");
  return new StartError(`${asked.files.join(", ")}: found no column that can be counted (${why})`, { exitCode: 2 });
}

async function checkTimes({ asked, store, table, surroundings }: Importing): Promise<void> {
  const [times] = await store.read(importTimes(table));
  if (times === undefined || times.unreadable === 0) {
    if (times !== undefined && times.lastAt > Date.now() + 86_400_000) {
      surroundings.print(
        `  note: times reach until ${new Date(times.lastAt).toISOString()}, which is to come: these windows are judged when they are over`,
      );
    }
    return;
  }
  const found = times.badText === "" ? "nothing" : JSON.stringify(times.badText);
  throw new StartError(
    `${placeOf(asked, times.badFile, times.badLine)}, ${asked.time}: found ${found}, expected a time: 2018-10-30 18:08:43.152, 2018-10-30T18:08:43+02:00, 2018-10-30, or a number of seconds, milli-, micro- or nanoseconds since 1970 (UTC unless a zone is told); ${count(times.unreadable)} of ${count(times.rows)} rows have none`,
    { exitCode: 2 },
  );
}

async function countFeature(importing: Importing, of: ImportRows, { feature, cells }: CountedFeature): Promise<void> {
  const { store, columns, asked, surroundings } = importing;
  const { print } = surroundings;
  if (cells.form === "skipped") {
    print(`  ${feature.feature}: skipped, ${cells.why}`);
    return;
  }
  const what = { ...of, kind: feature.kind, feature: feature.feature, column: feature.column };
  if (cells.form === "categories") await run(store, importCategoryBins(what));
  else {
    const isScore = columns.score === feature && columns.label !== undefined;
    const label = { column: columns.label ?? "", ...(asked.positive !== undefined && { positive: asked.positive }) };
    await run(store, importNumberBins({ ...what, bounds: cells.bounds, ...(isScore && { label }) }));
  }
  const missing = cells.missing > 0 ? `; ${count(cells.missing)} missing` : "";
  print(`  ${feature.feature} (${feature.kind}): ${cells.why}${missing}`);
}

async function awaitLabels(importing: Importing, of: ImportRows): Promise<void> {
  const { columns, store, asked } = importing;
  const { table, windows, model, version, seenMs } = of;
  await checkIds(importing);
  const label = columns.label === undefined ? {} : { label: { column: columns.label } };
  await run(
    store,
    importAwaited({ table, windows, model, version, seenMs, id: columns.id!, score: columns.score!.column, ...label }),
  );
  importing.surroundings.print(
    `  ${asked.id}: scores without a label wait for it (90 days): \`lockstep import labels\``,
  );
}

function told(
  { asked, surroundings }: Importing,
  counted: readonly CountedFeature[],
  windows: MadeWindows,
  rows: number,
): void {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 16).replace("T", " ");
  surroundings.print(
    `imported ${count(rows)} rows as ${counted.length} histograms in each of ${count(windows.windows)} windows of model ${asked.model}${asked.version === "" ? "" : `, version ${asked.version}`}, ${day(windows.firstAt)} to ${day(windows.lastAt)} UTC`,
  );
}

export function outputOf({ print }: StartSurroundings): ProgressOutput {
  return {
    isTerminal: process.stderr.isTTY === true,
    draw: (text) => process.stderr.write(text),
    print,
    now: () => performance.now(),
  };
}
