/**
 * Reads a YAML file by a zod schema the way Go's yaml.v2 reads one into a struct, which is how Prometheus does it: a
 * text field takes any scalar by its source text (`version: 1.10` is "1.10"), null is the field's zero value, merge keys
 * and aliases are followed, unknown and repeated keys are errors. What is wrong is reported and left out, so that one
 * mistake does not hide the next.
 */

import { type KeyNote, keyNotes } from "@lockstep/schemas/files/prometheus-yml";
import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Scalar, visit, type YAMLMap } from "yaml";
import { z } from "zod";
import { expectation } from "./expectation.ts";
import { childPath, nearest } from "./problem.ts";
import { offsetOf, problemAt, type YamlFile } from "./yaml-file.ts";

/** Aliases can make a small file say a billion things. */
const MAX_NODES = 3_000_000;
const MAX_DEPTH = 60;

type Context = { readonly yaml: YamlFile; nodes: number; targets?: ReadonlyMap<Alias, Node> };
type Place = { readonly path: string; readonly offset: number; readonly depth: number; readonly secret: boolean };

/** The file's content as far as it fits the schema; what does not is in `yaml.errors`. */
export function decode<S extends z.ZodType>(yaml: YamlFile, schema: S): z.infer<S> | undefined {
  if (yaml.errors.length > 0) {
    return undefined;
  }
  const context: Context = { yaml, nodes: 0 };
  const place: Place = { path: "", offset: 0, depth: 0, secret: false };
  return read(context, yaml.document.contents, schema, place) as z.infer<S> | undefined;
}

function read(context: Context, node: Node | null, schema: z.core.$ZodType, place: Place): unknown {
  const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  const note = keyNotes.get(inner as z.ZodType);
  const target = resolveAlias(context, node, place);
  if (target === undefined || !withinBounds(context, place)) {
    return undefined;
  }
  const here: Place = { ...place, offset: offsetOf(node, place.offset), secret: place.secret || note?.secret === true };
  context.yaml.offsets.set(here.path, here.offset);
  if (target === null || (isScalar(target) && target.value === null)) {
    return zeroValue(inner);
  }
  if (inner instanceof z.ZodUnion) {
    return readEither(context, target, inner, here);
  }
  if (inner instanceof z.ZodObject) {
    return isMap(target) ? readObject(context, target, inner, here) : wrongType(context, target, "a mapping", here);
  }
  if (inner instanceof z.ZodMap) {
    return isMap(target) ? readMap(context, target, inner, here) : wrongType(context, target, "a mapping", here);
  }
  if (inner instanceof z.ZodArray) {
    return isSeq(target) ? readList(context, target.items, inner, here) : wrongType(context, target, "a list", here);
  }
  if (inner instanceof z.ZodUnknown) {
    checkRepeatedKeys(context, target, here);
    // That it is there may matter; what it says does not.
    return true;
  }
  return readScalar(context, target, inner, here);
}

/** A union is of a mapping and a typed scalar, told apart by what the file holds. */
function readEither(context: Context, node: Node, schema: z.ZodUnion, place: Place): unknown {
  const mapping = schema.options.find((option) => option instanceof z.ZodObject);
  if (isMap(node) && mapping !== undefined) {
    return readObject(context, node, mapping, place);
  }
  const scalars = schema.options.filter((option) => option !== mapping);
  for (const option of scalars) {
    const result = z.safeParse(option, isScalar(node) ? node.value : undefined);
    if (result.success) {
      return result.data;
    }
  }
  const expected = [...scalars.map((option) => expectation(option)), "a mapping"].join(", or ");
  return wrongType(context, node, expected, place);
}

function withinBounds(context: Context, place: Place): boolean {
  context.nodes += 1;
  if (context.nodes <= MAX_NODES && place.depth <= MAX_DEPTH) {
    return true;
  }
  if (context.nodes <= MAX_NODES + 1) {
    const message = place.depth > MAX_DEPTH ? "nested too deeply" : "the file says too much, its aliases followed";
    context.yaml.errors.push(problemAt(context.yaml, place.offset, place.path, message));
  }
  return false;
}

/** The node an alias stands for; undefined, and reported, where there is none. */
function resolveAlias(context: Context, node: Node | null, place: Place): Node | null | undefined {
  if (!isAlias(node)) {
    return node;
  }
  context.targets ??= aliasTargets(context.yaml);
  const target = context.targets.get(node);
  if (target === undefined) {
    const offset = offsetOf(node, place.offset);
    context.yaml.errors.push(problemAt(context.yaml, offset, place.path, "an alias without its anchor before it"));
  }
  return target;
}

/** All at once: the library's own Alias.resolve walks the document each time. */
function aliasTargets({ document }: YamlFile): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Alias(_, alias) {
      const target = anchors.get(alias.source);
      if (target !== undefined) {
        targets.set(alias, target);
      }
    },
    Value(_, node) {
      if (node.anchor !== undefined) {
        anchors.set(node.anchor, node);
      }
    },
  });
  return targets;
}

/** What Go makes of `key:` without a value. Durations and sizes are then unset, lists and mappings empty. */
function zeroValue(schema: z.core.$ZodType): unknown {
  if (schema instanceof z.ZodString) {
    return z.safeParse(schema, "").success ? "" : undefined;
  }
  if (schema instanceof z.ZodBoolean) {
    return false;
  }
  return schema instanceof z.ZodNumber ? 0 : undefined;
}

type Entry = {
  readonly key: string;
  readonly keyOffset: number;
  readonly value: Node | null;
  readonly merged: boolean;
};

/** A mapping's entries with `<<` merged in: a key of the mapping itself wins, then the first merged. */
function entriesOf(context: Context, map: YAMLMap, place: Place): Entry[] {
  const own = new Map<string, Entry>();
  const merged: Entry[] = [];
  for (const pair of map.items) {
    const keyNode = pair.key as Node | null;
    const keyOffset = offsetOf(keyNode, place.offset);
    if (!isScalar(keyNode)) {
      context.yaml.errors.push(problemAt(context.yaml, keyOffset, place.path, "a key that is not a word"));
      continue;
    }
    if (typeof keyNode.value === "symbol") {
      merged.push(...mergedEntries(context, pair.value as Node | null, { ...place, offset: keyOffset }));
      continue;
    }
    const key = textOf(keyNode);
    if (own.has(key)) {
      const message = `key ${shown(key, place)} is there twice`;
      context.yaml.errors.push(problemAt(context.yaml, keyOffset, childPath(place.path, key), message));
      continue;
    }
    own.set(key, { key, keyOffset, value: pair.value as Node | null, merged: false });
  }
  for (const entry of merged) {
    if (!own.has(entry.key)) {
      own.set(entry.key, { ...entry, merged: true });
    }
  }
  return [...own.values()];
}

function mergedEntries(context: Context, node: Node | null, place: Place): Entry[] {
  const target = resolveAlias(context, node, place);
  const deeper = { ...place, depth: place.depth + 1 };
  if (!withinBounds(context, deeper) || target === undefined) {
    return [];
  }
  if (isMap(target)) {
    return entriesOf(context, target, deeper);
  }
  if (isSeq(target)) {
    return target.items.flatMap((item) => mergedEntries(context, item as Node, deeper));
  }
  context.yaml.errors.push(problemAt(context.yaml, place.offset, place.path, "<< merges mappings only"));
  return [];
}

function readObject(context: Context, map: YAMLMap, schema: z.ZodObject, place: Place): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const entry of entriesOf(context, map, place)) {
    const path = childPath(place.path, entry.key);
    const field = Object.hasOwn(schema.shape, entry.key) ? schema.shape[entry.key] : undefined;
    if (field === undefined) {
      unknownKey(context, entry, schema, { ...place, path });
      continue;
    }
    const inner = field instanceof z.ZodOptional ? field.unwrap() : field;
    warnIfIgnored(context, entry, keyNotes.get(inner as z.ZodType), path);
    const decoded = read(context, entry.value, field, {
      ...place,
      path,
      offset: entry.keyOffset,
      depth: place.depth + 1,
    });
    if (decoded !== undefined) {
      value[entry.key] = decoded;
    }
  }
  return value;
}

function unknownKey(context: Context, entry: Entry, schema: z.ZodObject, place: Place): void {
  const near = nearest(entry.key, Object.keys(schema.shape));
  const hint = near === undefined ? "" : `; did you mean "${near}"?`;
  // A secret written without its key would otherwise be printed as one.
  const bare = place.secret || (near === undefined && isEmpty(entry.value));
  const name = bare && near === undefined ? "" : ` "${entry.key.slice(0, 80)}"`;
  const path =
    name === "" ? place.path.slice(0, place.path.length - entry.key.length).replace(/[.[]$/, "") : place.path;
  context.yaml.errors.push(problemAt(context.yaml, entry.keyOffset, path, `unknown key${name}${hint}`));
}

function isEmpty(node: Node | null): boolean {
  return (
    node === null ||
    (isScalar(node) && node.value === null) ||
    ((isMap(node) || isSeq(node)) && node.items.length === 0)
  );
}

function warnIfIgnored(context: Context, entry: Entry, note: KeyNote | undefined, path: string): void {
  if (note?.ignored === true && note.quiet !== true && !isEmpty(entry.value)) {
    const message = `"${entry.key}" is known to Prometheus and ignored by Lockstep`;
    context.yaml.warnings.push(problemAt(context.yaml, entry.keyOffset, path, message));
  }
}

function readMap(context: Context, map: YAMLMap, schema: z.ZodMap, place: Place): Map<string, unknown> {
  const value = new Map<string, unknown>();
  for (const entry of entriesOf(context, map, place)) {
    const path = childPath(place.path, entry.key);
    const inside = { ...place, path, offset: entry.keyOffset, depth: place.depth + 1 };
    const decoded = read(context, entry.value, schema.valueType, inside);
    if (decoded !== undefined) {
      value.set(entry.key, decoded);
    }
  }
  return value;
}

function readList(context: Context, items: readonly unknown[], schema: z.ZodArray, place: Place): unknown[] {
  const value: unknown[] = [];
  for (const [index, item] of items.entries()) {
    const inside = { ...place, path: childPath(place.path, index), depth: place.depth + 1 };
    const node = item as Node | null;
    if (isScalar(node) && node.value === null) {
      const offset = offsetOf(node, place.offset);
      context.yaml.errors.push(problemAt(context.yaml, offset, inside.path, "an empty list item"));
      value.push(undefined);
      continue;
    }
    // Left-out items keep their place, so that the paths of later problems count as the file does.
    value.push(read(context, node, schema.element, inside));
  }
  return value;
}

function readScalar(context: Context, node: Node, schema: z.core.$ZodType, place: Place): unknown {
  if (!isScalar(node)) {
    return wrongType(context, node, expectation(schema), place);
  }
  const typed = schema instanceof z.ZodBoolean || schema instanceof z.ZodNumber;
  const result = z.safeParse(schema, typed ? node.value : textOf(node));
  return result.success ? result.data : wrongType(context, node, expectation(schema, textOf(node)), place);
}

/** A scalar as it is written, without quotes. */
function textOf(node: Scalar): string {
  return typeof node.value === "string" ? node.value : (node.source ?? String(node.value));
}

function shown(text: string, place: Place): string {
  return place.secret ? "(not shown)" : JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}

function wrongType(context: Context, node: Node, expected: string, place: Place): undefined {
  let found = "a mapping";
  if (isSeq(node)) {
    found = "a list";
  } else if (isScalar(node)) {
    found = place.secret ? "a value (not shown)" : shown(textOf(node), place);
    if (typeof node.value === "string" && !place.secret && /number|true/.test(expected)) {
      found = `the text ${found}`;
    }
  }
  const key = place.path.slice(place.path.lastIndexOf(".") + 1);
  const message = place.path === "" ? "wrong content" : `wrong value of ${key}`;
  context.yaml.errors.push(problemAt(context.yaml, place.offset, place.path, message, { found, expected }));
}

/** The only fault that can be told of a section nobody reads. */
function checkRepeatedKeys(context: Context, node: Node, place: Place): void {
  const deeper = { ...place, depth: place.depth + 1 };
  if (!withinBounds(context, deeper)) {
    return;
  }
  if (isMap(node)) {
    for (const entry of entriesOf(context, node, place)) {
      if (entry.value !== null && !entry.merged) {
        checkRepeatedKeys(context, entry.value, { ...deeper, path: childPath(place.path, entry.key) });
      }
    }
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      checkRepeatedKeys(context, item as Node, { ...deeper, path: childPath(place.path, index) });
    }
  }
}
