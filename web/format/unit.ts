import { binaryScaled, significant, siScaled } from "./number.ts";

/** Units as they are kept and shown; `bytes` are binary (memory), `bytesPerSecond` decimal (links). */
export type Unit =
  | "percent"
  | "celsius"
  | "watts"
  | "megahertz"
  | "bytes"
  | "bytesPerSecond"
  | "perSecond"
  | "seconds"
  | "count";

/** What is shown for a value that is not known. */
export const UNKNOWN = "–";

export function formatUnit(value: number | null | undefined, unit: Unit, digits = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  switch (unit) {
    case "percent":
      return `${significant(value, digits)} %`;
    case "celsius":
      return `${significant(value, digits)} °C`;
    case "megahertz":
      return `${significant(Math.round(value), digits)} MHz`;
    case "watts": {
      const { figure, prefix } = siScaled(value, digits);
      return `${figure} ${prefix}W`;
    }
    case "bytes": {
      const { figure, prefix } = binaryScaled(value, digits);
      return `${figure} ${prefix}B`;
    }
    case "bytesPerSecond": {
      const { figure, prefix } = siScaled(value, digits);
      return `${figure} ${prefix}B/s`;
    }
    case "perSecond": {
      const { figure, prefix } = siScaled(value, digits);
      return `${figure}${prefix === "" ? "" : ` ${prefix}`}/s`;
    }
    case "seconds": {
      // "118 ms" rather than "0.118 s".
      if (Math.abs(value) >= 0.1 && Math.abs(value) < 0.9995) return `${significant(value * 1000, digits)} ms`;
      const { figure, prefix } = siScaled(value, digits);
      return `${figure} ${prefix}s`;
    }
    case "count":
      return formatCount(value, digits);
  }
}

/** Counts keep every digit up to a million; beyond, a prefix. */
function formatCount(value: number, digits: number): string {
  if (Math.abs(value) < 1e6) return significant(value, digits);
  const { figure, prefix } = siScaled(value, digits);
  return `${figure} ${prefix}`.trim();
}
