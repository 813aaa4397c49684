import { createLoader } from "nuqs/server";
import { rangeParsers } from "../url/range.ts";

/** The time range of a page's URL, for its first rendering. */
export const loadRange = createLoader(rangeParsers);

export type SearchParams = Promise<Record<string, string | string[] | undefined>>;
