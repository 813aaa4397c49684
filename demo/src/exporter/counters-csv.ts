/** dcgm-exporter's counters file: `field, prometheus type, help` a line, `#` comments. */
import { readFileSync } from "node:fs";
import { ConfigError } from "../config-error.ts";
import { type Field, isField } from "../model/readings.ts";

export const COUNTERS_FILE = new URL("../../../dashboards/dcgm/counters.csv", import.meta.url);

export type Counter = { readonly field: Field; readonly type: "gauge" | "counter"; readonly help: string };
/** `labels` are fields whose value stands on every series. */
export type CountersFile = { readonly counters: readonly Counter[]; readonly labels: readonly string[] };

/** Throws ConfigError for a line that is not of this form, a field named twice, or one the simulation does not have. */
export function parseCounters(text: string, file: string): CountersFile {
  const counters: Counter[] = [];
  const labels: string[] = [];
  const seen = new Set<string>();
  text.split("\n").forEach((line, i) => {
    if (line.trim() === "" || line.startsWith("#")) return;
    const place = `${file}:${i + 1}`;
    const parts = line.split(",").map((part) => part.trim());
    const [field = "", type = "", help = ""] = parts;
    if (parts.length !== 3 || field === "" || help === "") {
      throw new ConfigError(
        `${place}: found ${JSON.stringify(line)}, expected "FIELD, type, help" without further commas`,
      );
    }
    if (seen.has(field)) throw new ConfigError(`${place}: ${field} stands here a second time`);
    seen.add(field);
    if (type === "label") labels.push(field);
    else if (type !== "gauge" && type !== "counter") {
      throw new ConfigError(`${place}: found type ${JSON.stringify(type)}, expected gauge, counter or label`);
    } else if (!isField(field)) throw new ConfigError(`${place}: the simulated cluster has no field ${field}`);
    else counters.push({ field, type, help });
  });
  return { counters, labels };
}

export function readCounters(file: URL = COUNTERS_FILE): CountersFile {
  return parseCounters(readFileSync(file, "utf8"), file.pathname);
}
