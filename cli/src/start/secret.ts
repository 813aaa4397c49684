/** Secrets that a start makes for itself. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Creates the file with 32 random bytes in hex, readable by its owner only, unless it is there and not empty. */
export function ensureSecret(path: string): void {
  if (existsSync(path) && readFileSync(path, "utf8").trim() !== "") return;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600 });
}
