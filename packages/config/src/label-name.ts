import type { NameScheme } from "./config.ts";

const LEGACY = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Whether `name` may name a label. */
export function isLabelName(name: string, scheme: NameScheme): boolean {
  return scheme === "legacy" ? LEGACY.test(name) : name !== "" && name.isWellFormed();
}
