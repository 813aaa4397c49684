import { parseAsString, parseAsStringLiteral } from "nuqs/server";
import { SORTS } from "../../models/model-order.ts";

export const modelsParsers = {
  q: parseAsString.withDefault(""),
  sort: parseAsStringLiteral(SORTS).withDefault("urgency"),
};
