/** `lockstep import labels`: labels that come late find the windows of their predictions. */
import { resolve } from "node:path";
import { importDone } from "@lockstep/schemas/queries/import-known-cells";
import {
  type ImportLabels,
  importLabelBins,
  importLabelRows,
  importMatch,
  importMatchComplete,
  importMatched,
  importMatchedCreate,
  importMatchedForget,
  importScores,
} from "@lockstep/schemas/queries/import-labels";
import { importLeftovers, importScratchDrop } from "@lockstep/schemas/queries/import-scratch";
import type { Store } from "@lockstep/store/client";
import { usage } from "../run/deployment.ts";
import type { StartSurroundings } from "../start/start.ts";
import { StartError } from "../start/start-error.ts";
import { importHelp, needed, placeFlags, readFlags } from "./arguments.ts";
import { checkLabel } from "./checked-rows.ts";
import { checkColumns } from "./columns.ts";
import { outputOf } from "./observations.ts";
import { count } from "./progress.ts";
import { openRows } from "./rows/open-rows.ts";
import { withRunningStore } from "./running-store.ts";
import {
  hashOfFiles,
  MATCHED_SUFFIX,
  type Note,
  removeLeftovers,
  run,
  scratchName,
  shortHash,
  upload,
} from "./scratch.ts";

const COMMAND = "lockstep import labels";

const flags = {
  ...placeFlags,
  model: { type: "string" },
  id: { type: "string" },
  label: { type: "string" },
  positive: { type: "string" },
  score: { type: "string" },
  help: { type: "boolean" },
} as const;

type Asked = {
  readonly files: readonly string[];
  readonly model: string;
  readonly id: string;
  readonly label: string;
  readonly positive: string | undefined;
  readonly score: string | undefined;
};

export async function importLabels(argv: readonly string[], surroundings: StartSurroundings): Promise<number> {
  const { values, positionals: files } = readFlags(COMMAND, argv, flags);
  if (values.help) {
    surroundings.print(importHelp);
    return 0;
  }
  if (files.length === 0) throw usage(`${COMMAND}: name at least one FILE`);
  const asked: Asked = {
    files,
    model: needed(COMMAND, "model", values.model),
    id: needed(COMMAND, "id", values.id),
    label: needed(COMMAND, "label", values.label),
    positive: values.positive,
    score: values.score,
  };
  const place = { config: values.config, data: values.data };
  return withRunningStore(COMMAND, place, surroundings, async ({ store, shown }) => {
    surroundings.print(`into ${shown}`);
    await labelRows(asked, store, surroundings);
    return 0;
  });
}

type Labelling = {
  readonly asked: Asked;
  readonly store: Store;
  readonly surroundings: StartSurroundings;
  readonly table: string;
  readonly matched: string;
  readonly origin: string;
  readonly note: Note;
};

async function labelRows(asked: Asked, store: Store, surroundings: StartSurroundings): Promise<void> {
  const { cwd, print } = surroundings;
  const score = await scoreOf(asked, store);
  const paths = asked.files.map((file) => resolve(cwd, file));
  const origin = `labels/${shortHash(await hashOfFiles(paths), asked.id, asked.label, asked.positive ?? "", score.feature)}`;
  const table = scratchName(shortHash(origin, asked.model));
  const note: Note = { files: asked.files.join(" "), startedMs: Date.now(), model: asked.model, origin: "" };
  const labelling: Labelling = {
    asked,
    store,
    surroundings,
    table,
    matched: `${table}${MATCHED_SUFFIX}`,
    origin,
    note,
  };
  await removeLeftovers(store, table, Date.now(), print);
  if (!(await isMatched(labelling)) && !(await match(labelling, paths))) return;
  await countMatched(labelling, score);
}

/** The model's score, and its cells. Throws StartError where it has none, or several and none is named. */
async function scoreOf({ model, score }: Asked, store: Store) {
  const scores = await store.read(importScores({ model }));
  const found = score === undefined ? scores : scores.filter(({ feature }) => feature === score);
  const names = scores.map(({ feature }) => feature).join(", ");
  if (found.length === 1) return found[0]!;
  if (scores.length === 0) {
    throw usage(`${COMMAND}: model ${model} has no score: import its rows first, with --score and --id`);
  }
  throw usage(`${COMMAND}: --score: found ${score ?? "nothing"}, expected one of ${names}`);
}

/** A run that was cut short may have found all of them: then it is that finding which is counted, not another. */
async function isMatched({ store, matched }: Labelling): Promise<boolean> {
  const there = (await store.read(importLeftovers())).find(({ table }) => table === matched);
  return there?.note.includes(COMPLETE) === true;
}

const COMPLETE = '"complete":true';

/** False where nothing is left to count. */
async function match(labelling: Labelling, paths: readonly string[]): Promise<boolean> {
  const { asked, store, surroundings, table, matched, origin, note } = labelling;
  const { print } = surroundings;
  const sources = await Promise.all(
    asked.files.map(async (name, i) => ({ name, source: await openRows(name, paths[i]!) })),
  );
  const wanted = [asked.id, asked.label];
  checkColumns(COMMAND, wanted, sources);
  try {
    await upload({
      store,
      table,
      sources: sources.map(({ source }) => source),
      wanted,
      timed: false,
      note,
      output: outputOf(surroundings),
    });
    if (asked.positive === undefined)
      await checkLabel({ asked: { ...asked, score: undefined }, store, table, surroundings }, "c1");
  } catch (error) {
    if (!(error instanceof StartError && error.exitCode === 2)) throw error;
    await run(store, importScratchDrop(table));
    throw new StartError(`${error.message}. Nothing was imported`, { exitCode: 2, cause: error });
  }
  const of: ImportLabels = {
    table,
    matched,
    model: asked.model,
    id: "c0",
    label: "c1",
    ...(asked.positive !== undefined && { positive: asked.positive }),
  };
  const [rows] = await store.read(importLabelRows(of));
  await run(store, importMatchedCreate({ matched, note: JSON.stringify(note) }));
  await run(store, importMatch(of));
  const [found] = await store.read(importMatched(matched));
  if (rows === undefined || found === undefined) throw new Error(`no counts of ${table}`);
  const before = (await store.read(importDone({ model: asked.model, content: origin }))).length > 0;
  sayCounts(print, rows, found.ids, before);
  if (found.ids === 0) {
    await run(store, importScratchDrop(table));
    await run(store, importScratchDrop(matched));
    return false;
  }
  await run(store, importMatchComplete({ matched, note: JSON.stringify({ ...note, complete: true }) }));
  return true;
}

function sayCounts(
  print: (line: string) => void,
  { rows, ids, unlabelled }: { rows: number; ids: number; unlabelled: number },
  found: number,
  before: boolean,
): void {
  print(
    `  read ${count(rows)} rows with ${count(ids)} ids${unlabelled > 0 ? `; ${count(unlabelled)} rows have no id or no label` : ""}`,
  );
  if (found === 0 && before) {
    print("already imported: none of these ids is waiting for a label any more; nothing was changed");
    return;
  }
  const absent = ids - found;
  if (absent > 0) {
    print(
      `  ${count(absent)} ids wait for no label: not imported with --id and --score, longer than 90 days ago, or labelled before`,
    );
  }
  if (found === 0) print("no label found its row; nothing was changed");
}

/** Each step can be done again: what was found does not change until all are done. */
async function countMatched(
  labelling: Labelling,
  score: { feature: string; bounds: readonly number[] },
): Promise<void> {
  const { asked, store, surroundings, table, matched, origin } = labelling;
  const [found] = await store.read(importMatched(matched));
  const started = `${origin}/${shortHash(String(found?.ids), String(await startedOf(labelling)))}`;
  await run(store, importLabelBins({ matched, model: asked.model, ...score, origin: started, seenMs: Date.now() }));
  await run(store, importMatchedForget({ matched, model: asked.model }));
  await run(store, importScratchDrop(table));
  await run(store, importScratchDrop(matched));
  surroundings.print(
    `labelled ${count(found?.ids ?? 0)} rows in ${count(found?.windows ?? 0)} windows of model ${asked.model}`,
  );
}

/** The same for all runs that end one and the same finding: the same file may find more rows another day, and these add. */
async function startedOf({ store, matched }: Labelling): Promise<number> {
  const there = (await store.read(importLeftovers())).find(({ table }) => table === matched);
  return Number(/"startedMs":(\d+)/.exec(there?.note ?? "")?.[1] ?? 0);
}
