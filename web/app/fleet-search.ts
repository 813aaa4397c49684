import { parseAsFloat, parseAsString, parseAsStringLiteral } from "nuqs/server";
import { SHOWN } from "../fleet/quantities.ts";
import { GROUPINGS } from "../fleet/select.ts";

export const VIEWS = ["map", "table"] as const;

/** What the fleet page keeps in its URL beside the time range. */
export const fleetParsers = {
  metric: parseAsStringLiteral(SHOWN).withDefault("utilisation"),
  by: parseAsStringLiteral(GROUPINGS).withDefault("node"),
  q: parseAsString.withDefault(""),
  low: parseAsFloat,
  high: parseAsFloat,
  view: parseAsStringLiteral(VIEWS).withDefault("map"),
  sort: parseAsString.withDefault(""),
};
