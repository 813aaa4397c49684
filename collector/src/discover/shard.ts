/** Which of the targets of one configuration this collector takes, where several share them. */
import type { TargetSpec } from "@lockstep/config/target";
import { ConfigError } from "@lockstep/process/config-error";
import { placeOf } from "../target-hash.ts";

/** The `index`-th, from 1, of `of` collectors. */
export type Shard = { readonly index: number; readonly of: number };

/** Throws ConfigError. */
export function parseShard(text: string): Shard {
  const [, index, of] = /^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? [];
  const shard = { index: Number(index), of: Number(of) };
  if (shard.index >= 1 && shard.index <= shard.of) return shard;
  throw new ConfigError(
    `LOCKSTEP_SHARD: found ${JSON.stringify(text)}, expected INDEX/COUNT with an index from 1 to the count, such as 2/3`,
  );
}

export function inShard(target: Pick<TargetSpec, "labels">, { index, of }: Shard): boolean {
  return placeOf(target.labels, "shard", of) === index - 1;
}
