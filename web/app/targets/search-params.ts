import { parseAsString, parseAsStringLiteral } from "nuqs/server";

export const HEALTHS = ["all", "up", "down", "unknown", "bad"] as const;
export type Health = (typeof HEALTHS)[number];

export const targetsParsers = {
  health: parseAsStringLiteral(HEALTHS).withDefault("all"),
  q: parseAsString.withDefault(""),
};
