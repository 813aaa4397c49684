/** By what a posted observation is known when it comes again. */
import { hash } from "node:crypto";
import { type Labels, sortedEntries } from "@lockstep/schemas/domain/labels";
import type { Cells, Observed } from "@lockstep/schemas/domain/observed";
import type { PostedObservation } from "./read-observations.ts";

export type Identity = {
  /** Who saw what in which window; of late labels, which add to one another, with what they hold. */
  readonly id: string;
  readonly content: string;
};

/** Both 128 bits in base64. */
export function identityOf({ observed, late }: Pick<PostedObservation, "observed" | "late">): Identity {
  const content = digest(contentOf(observed));
  const { model, version, replica, labels, kind, feature, since, until } = observed;
  const id = [model, version, replica, entries(labels), kind, feature, since, until, late ? content : ""];
  return { id: digest(JSON.stringify(id)), content };
}

function contentOf({ cells, missing, sum, labelled }: Observed): string {
  return JSON.stringify([cellParts(cells), missing, sum ?? null, labelled ?? null]);
}

function cellParts(cells: Cells): unknown {
  return cells.form === "categories" ? entries(cells.counts) : cells;
}

function entries(map: Labels | ReadonlyMap<string, number>): readonly unknown[] {
  return map.size === 0 ? [] : sortedEntries(map as Labels);
}

export function digest(text: string | Uint8Array): string {
  return hash("sha256", text, "base64").slice(0, 22);
}
