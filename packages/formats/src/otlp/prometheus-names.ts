/** Names of OTLP metrics and attributes as Prometheus has them (OpenTelemetry, "Prometheus and OpenMetrics Compatibility"). */

const UNITS: Readonly<Record<string, string>> = {
  d: "days",
  h: "hours",
  min: "minutes",
  s: "seconds",
  ms: "milliseconds",
  us: "microseconds",
  ns: "nanoseconds",
  By: "bytes",
  KiBy: "kibibytes",
  MiBy: "mebibytes",
  GiBy: "gibibytes",
  KBy: "kilobytes",
  MBy: "megabytes",
  GBy: "gigabytes",
  m: "meters",
  V: "volts",
  A: "amperes",
  J: "joules",
  W: "watts",
  g: "grams",
  Cel: "celsius",
  Hz: "hertz",
  "%": "percent",
};
const PER: Readonly<Record<string, string>> = { s: "second", m: "minute", min: "minute", h: "hour", d: "day" };

/** The unit's word, "" where it has none: "s" -> "seconds", "By/s" -> "bytes_per_second", "{token}" -> "". */
export function unitName(unit: string): string {
  const [of = "", per] = unit.split("/").map((part) => part.replace(/\{[^}]*\}/g, "").trim());
  const counted = of === "1" ? "" : (UNITS[of] ?? sanitized(of));
  if (per === undefined || per === "") return counted;
  const rate = `per_${PER[per] ?? sanitized(per)}`;
  return counted === "" ? rate : `${counted}_${rate}`;
}

/** `counter` ends in _total; a gauge of unit 1 is a ratio. */
export function metricName(name: string, unit: string, form: "counter" | "gauge" | "other"): string {
  const words = sanitized(name);
  const suffix = form === "gauge" && unit === "1" ? "ratio" : unitName(unit);
  const base = form === "counter" && words.endsWith("_total") ? words.slice(0, -"_total".length) : words;
  const named = suffix === "" || base === suffix || base.endsWith(`_${suffix}`) ? base : `${base}_${suffix}`;
  const full = form === "counter" ? `${named}_total` : named;
  return /^[0-9]/.test(full) ? `_${full}` : full;
}

/** Those that fall together share a name, and their values are joined by ";". */
export function labelsOf(attributes: ReadonlyMap<string, string>): Map<string, string> {
  const labels = new Map<string, string>();
  for (const [name, value] of [...attributes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (value === "") continue;
    const plain = name.replace(/[^a-zA-Z0-9_]/g, "_");
    const label = /^[0-9]/.test(plain) ? `key_${plain}` : plain;
    const before = labels.get(label);
    labels.set(label, before === undefined ? value : `${before};${value}`);
  }
  return labels;
}

function sanitized(name: string): string {
  return name
    .replace(/[^a-zA-Z0-9_:]/g, "_")
    .replace(/_+/g, "_")
    .replace(/^_|_$/g, "");
}
