import { parseAsInteger, parseAsString, parseAsStringLiteral } from "nuqs/server";

export const featureParsers = {
  kind: parseAsString,
  baseline: parseAsString,
  version: parseAsString,
  /** Unix ms of the beginning of a window; the newest without it. */
  at: parseAsInteger,
  as: parseAsStringLiteral(["shares", "counts"]).withDefault("shares"),
  /** Without it as the spread of the values asks for. */
  axis: parseAsStringLiteral(["linear", "log"]),
};
