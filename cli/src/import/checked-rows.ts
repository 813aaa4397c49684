/** What rows may not hold, with the file, line and column of the first that does. */
import { importIds } from "@lockstep/schemas/queries/import-awaited-ids";
import { importParts } from "@lockstep/schemas/queries/import-parts";
import { importNotClass, importNotScore } from "@lockstep/schemas/queries/import-profile";
import type { Store } from "@lockstep/store/client";
import type { StartSurroundings } from "../start/start.ts";
import { StartError } from "../start/start-error.ts";
import type { ObservationsAsked } from "./arguments.ts";
import type { Columns } from "./columns.ts";
import { count } from "./progress.ts";

export type Checked = {
  readonly asked: Pick<ObservationsAsked, "files" | "label" | "score" | "positive" | "id">;
  readonly columns: Columns;
  readonly store: Store;
  readonly table: string;
  readonly surroundings: StartSurroundings;
};

export function placeOf({ files }: { files: readonly string[] }, file: number, line: number): string {
  return `${files[file] ?? files[0]}, ${/\.parquet$/i.test(files[file] ?? "") ? "row" : "line"} ${line}`;
}

/** Throws StartError for a label that is no class and a score outside 0 to 1. */
export async function checkClasses(checked: Checked): Promise<void> {
  const { asked, columns, store, table } = checked;
  if (columns.score !== undefined) {
    const [found] = await store.read(importNotScore({ table, column: columns.score.column }));
    refuse(checked, asked.score, found, "a score from 0 to 1; a prediction on another scale is --prediction");
  }
  if (columns.label !== undefined && asked.positive === undefined) await checkLabel(checked, columns.label);
}

export async function checkLabel(checked: Omit<Checked, "columns">, column: string): Promise<void> {
  const [found] = await checked.store.read(importNotClass({ table: checked.table, column }));
  refuse(
    checked,
    checked.asked.label,
    found,
    "1 or 0, true or false, yes or no; or say with --positive which text is class 1",
  );
}

type Bad = { readonly bad: number; readonly badFile: number; readonly badLine: number; readonly badText: string };

function refuse(
  { asked }: Pick<Checked, "asked">,
  column: string | undefined,
  found: Bad | undefined,
  expected: string,
): void {
  if (found === undefined || found.bad === 0) return;
  throw new StartError(
    `${placeOf(asked, found.badFile, found.badLine)}, ${column}: found ${JSON.stringify(found.badText)}, expected ${expected}; ${count(found.bad)} rows are so`,
    { exitCode: 2 },
  );
}

/** A replica or a segment is one of few: each is a histogram of its own in every window. */
const MAX_PARTS = 1000;

export async function checkParts({ asked, columns, store, table }: Checked): Promise<void> {
  const parts = [
    ...(columns.replica === undefined ? [] : [columns.replica]),
    ...columns.segments.map(({ column }) => column),
  ];
  if (parts.length === 0) return;
  const [found] = await store.read(importParts({ table, columns: parts }));
  if (found === undefined || found.parts <= MAX_PARTS) return;
  throw new StartError(
    `${asked.files.join(", ")}: --replica and --segment part the rows into ${count(found.parts)}, expected at most ${count(MAX_PARTS)}`,
    { exitCode: 2 },
  );
}

/** Many ids are counted to within a thousandth or so. */
const ABOUT = 0.995;

/** An id that several rows have gets its label in the window of one of them: that is said. */
export async function checkIds({ asked, columns, store, table, surroundings }: Checked): Promise<void> {
  const [found] = await store.read(importIds({ table, column: columns.id! }));
  if (found === undefined || found.ids >= found.rows * (found.rows > 100_000 ? ABOUT : 1)) return;
  surroundings.print(
    `  note: ${asked.id}: ${count(found.rows)} rows have about ${count(found.ids)} different ids; of rows with the same id one waits for its label`,
  );
}
