/** Of several models each from a time of its own on: their newest windows may be years apart. */
export type ModelSince = { readonly model: string; readonly fromMs: number };

/** Asked first, of all rows: it reads one column. `since` is in the sorting key, so that it may be asked before rows of the same key are told apart. */
export const SINCE_EARLIEST = "since >= fromUnixTimestamp64Milli({from:Int64})";

/** Asked of the rows that are left. */
export const OF_MODELS_SINCE = `model IN {models:Array(String)}
    AND since >= fromUnixTimestamp64Milli(transform(toString(model), {models:Array(String)}, {froms:Array(Int64)}, {from:Int64}))`;

export function modelsSinceParams(of: readonly ModelSince[]) {
  return {
    models: of.map(({ model }) => model),
    froms: of.map(({ fromMs }) => fromMs),
    from: of.reduce((least, { fromMs }) => Math.min(least, fromMs), Number.MAX_SAFE_INTEGER),
  };
}
