/**
 * The body of `POST /v1/observations`: one object or an array of them,
 *
 *     {"model", "version"?, "source"?, "labels"?, "since", "until", "features": [...]}
 *
 * with times as RFC 3339 or milliseconds since 1970. Pure; throws ObservationError with the path of the field.
 */
import type { Labels } from "@lockstep/schemas/domain/labels";
import type { Observed } from "@lockstep/schemas/domain/observed";
import { arrayOf, type Fields, fieldsOf, misfit, parseJson, refuse, textOf } from "./posted-fields.ts";
import { type PostedCells, readFeature } from "./read-feature.ts";

export type PostedObservation = {
  readonly observed: Observed;
  /** Where in the body it stands. */
  readonly path: string;
  /** Only labels, of rows that were posted before: it adds to them. */
  readonly late: boolean;
};

/** A feature of more categories than are kept: the rest is counted as `__other__`. */
export type Capped = { readonly path: string; readonly categories: number; readonly kept: number };

export type Observations = { readonly posted: readonly PostedObservation[]; readonly capped: readonly Capped[] };

const KEYS = ["model", "version", "source", "labels", "since", "until", "features"];
const MAX_POSTS = 1_000;
const MAX_FEATURES = 1_000;
const MAX_LABELS = 64;
const MAX_TEXT = 1_024;
const MAX_AHEAD_MS = 300_000;
const EARLIEST_MS = Date.UTC(2000);
const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** `now`: milliseconds since 1970. */
export function readObservations(body: Uint8Array, now: number): Observations {
  const parsed = parseJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
  const posted: PostedObservation[] = [];
  const capped: Capped[] = [];
  const read = (post: unknown, path: string) => {
    for (const feature of readPost(post, path, now)) {
      posted.push({ observed: feature.observed, path: feature.path, late: feature.late });
      if (feature.capped !== undefined) capped.push({ path: `${feature.path}.categories`, ...feature.capped });
    }
  };
  if (Array.isArray(parsed)) {
    for (const [i, post] of arrayOf(parsed, "", MAX_POSTS).entries()) read(post, `[${i}]`);
  } else {
    read(parsed, "");
  }
  return { posted, capped };
}

type ReadFeature = { observed: Observed; path: string; late: boolean; capped: PostedCells["capped"] };

function readPost(value: unknown, path: string, now: number): ReadFeature[] {
  const at = (name: string) => (path === "" ? name : `${path}.${name}`);
  const fields = fieldsOf(value, path, KEYS);
  const optional = (name: string) => (fields[name] === undefined ? "" : textOf(fields[name], at(name), MAX_TEXT));
  const of = {
    model: textOf(fields["model"], at("model"), MAX_TEXT),
    version: optional("version"),
    replica: optional("source"),
    labels: labelsOf(fields["labels"], at("labels")),
    ...windowOf(fields, at, now),
  };
  const features = arrayOf(fields["features"], at("features"), MAX_FEATURES);
  if (features.length === 0) refuse(at("features"), [], "at least one feature");
  const seen = new Set<string>();
  return features.map((each, i) => {
    const place = `${at("features")}[${i}]`;
    const { feature, kind, cells, missing, sum, labelled, late, capped } = readFeature(each, place);
    const name = JSON.stringify([kind, feature]);
    if (seen.has(name)) refuse(`${place}.feature`, feature, `each feature of kind ${kind} once in a post`);
    seen.add(name);
    const observed = { ...of, kind, feature, cells, missing, sum, ...(labelled !== undefined && { labelled }) };
    return { observed, path: place, late, capped };
  });
}

function labelsOf(value: unknown, path: string): Labels {
  const labels = new Map<string, string>();
  if (value === undefined) return labels;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse(path, value, "an object of texts");
  }
  const entries = Object.entries(value);
  if (entries.length > MAX_LABELS) misfit(path, `${entries.length} labels`, `at most ${MAX_LABELS}`);
  for (const [name, text] of entries) {
    if (name === "" || name.length > MAX_TEXT) refuse(path, name, `names of 1 to ${MAX_TEXT} characters`);
    if (text === "") continue;
    labels.set(name, textOf(text, `${path}.${name}`, MAX_TEXT));
  }
  return labels;
}

function windowOf(fields: Fields, at: (name: string) => string, now: number): { since: number; until: number } {
  const since = timeOf(fields["since"], at("since"));
  const until = timeOf(fields["until"], at("until"));
  if (since >= until) refuse(at("until"), fields["until"], `a time after since (${new Date(since).toISOString()})`);
  if (until > now + MAX_AHEAD_MS) {
    const latest = new Date(now + MAX_AHEAD_MS).toISOString();
    refuse(at("until"), fields["until"], `at most 5 minutes from now (${latest}); is the sender's clock right?`);
  }
  return { since, until };
}

function timeOf(value: unknown, path: string): number {
  const expected = "a time as RFC 3339 or as milliseconds since 1970";
  const written = typeof value === "string" && RFC_3339.test(value) ? Date.parse(value) : Number.NaN;
  const ms = typeof value === "number" ? value : written;
  if (!Number.isSafeInteger(ms)) return refuse(path, value, expected);
  if (ms < EARLIEST_MS) return refuse(path, value, `${expected}, not before 2000`);
  return ms;
}
