/** The numbered files of the schema: what they hold, and what of it a database still lacks. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { tokens } from "./embedded/sql/tokens.ts";

export type Migration = {
  /** The file's name without `.sql`, such as 0001_samples. */
  readonly name: string;
  /** Over the tokens of its statements: comments and layout may change. */
  readonly checksum: string;
  readonly statements: readonly string[];
};

export type AppliedMigration = { readonly name: string; readonly checksum: string };

export class MigrationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "MigrationError";
  }
}

const FILE = /^(\d{4})_[a-z0-9_]+\.sql$/;

export function readMigrations(folder: URL): Migration[] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith(".sql"))
    .sort();
  const numbers = new Map<string, string>();
  return files.map((file) => {
    const number = FILE.exec(file)?.[1];
    if (number === undefined)
      throw new MigrationError(`schemas/clickhouse/${file}: expected a name like 0007_what_it_adds.sql; rename it`);
    const other = numbers.get(number);
    if (other !== undefined)
      throw new MigrationError(`schemas/clickhouse/${file}: ${other} has the same number; give it the next free one`);
    numbers.set(number, file);
    return migrationOf(file.slice(0, -4), readFileSync(new URL(file, folder), "utf8"));
  });
}

export function migrationOf(name: string, text: string): Migration {
  const hash = createHash("sha256");
  for (const { start, end } of tokens(text)) hash.update(`${text.slice(start, end)}\n`);
  return { name, checksum: hash.digest("hex").slice(0, 32), statements: statementsOf(text) };
}

/** The statements of a script, each ended by `;` or the end; comments around them are left out. */
export function statementsOf(script: string): string[] {
  const statements: string[] = [];
  let from: number | undefined;
  let to = 0;
  for (const { kind, text, start, end } of tokens(script)) {
    if (kind === "symbol" && text === ";") {
      if (from !== undefined) statements.push(script.slice(from, to));
      from = undefined;
      continue;
    }
    from ??= start;
    to = end;
  }
  if (from !== undefined) statements.push(script.slice(from, to));
  return statements;
}

/** Throws MigrationError when files and database do not belong together. */
export function pendingMigrations(
  files: readonly Migration[],
  applied: readonly AppliedMigration[],
  database: string,
): Migration[] {
  const known = new Map(files.map((file) => [file.name, file]));
  for (const { name, checksum } of applied) {
    const file = known.get(name);
    if (file === undefined)
      throw new MigrationError(
        `database ${database} has the migration ${name}, which this version does not know: a newer Lockstep wrote it; start that version, or name another data folder`,
      );
    if (file.checksum !== checksum)
      throw new MigrationError(
        `schemas/clickhouse/${name}.sql is not what was applied to database ${database} (checksum ${file.checksum}, applied ${checksum}): restore the file and put the change into a new one, or name another data folder`,
      );
  }
  const names = new Set(applied.map(({ name }) => name));
  const newest =
    applied
      .map(({ name }) => name)
      .sort()
      .at(-1) ?? "";
  const pending = files.filter(({ name }) => !names.has(name));
  const late = pending.find(({ name }) => name < newest);
  if (late !== undefined)
    throw new MigrationError(
      `schemas/clickhouse/${late.name}.sql stands before ${newest}, which database ${database} already has; give it the next free number`,
    );
  return pending;
}
