/** Prometheus' relabelling (configuration reference, section relabel_config), in the manner of Prometheus 3. */
import { createHash } from "node:crypto";
import type { Labels } from "@lockstep/schemas/domain/labels";
import type { RelabelConfig } from "./config.ts";
import { isLabelName } from "./label-name.ts";
import { compileLabelRegex, type LabelRegex } from "./label-regex.ts";
import { compileTemplate, expand } from "./template.ts";

/** The relabelled set, or null where it is dropped. The input stays as it is. An empty value removes a label. */
export type Relabeler = (labels: Labels) => Map<string, string> | null;

/** Changes the set in place; false drops it. */
type Step = (labels: Map<string, string>) => boolean;

/** Configs must have passed the reader: a bad regular expression throws RE2JSException. */
export function compileRelabel(configs: readonly RelabelConfig[]): Relabeler {
  const steps = configs.map(compileStep);
  return (labels) => {
    const result = new Map(labels);
    for (const step of steps) {
      if (!step(result)) {
        return null;
      }
    }
    return result;
  };
}

const compiled = new WeakMap<readonly RelabelConfig[], Relabeler>();

/** As compileRelabel, compiling each list of configs once. */
export function relabel(labels: Labels, configs: readonly RelabelConfig[]): Map<string, string> | null {
  let relabeler = compiled.get(configs);
  if (relabeler === undefined) {
    relabeler = compileRelabel(configs);
    compiled.set(configs, relabeler);
  }
  return relabeler(labels);
}

function compileStep(config: RelabelConfig): Step {
  const regex = compileLabelRegex(config.regex);
  const source = sourceReader(config);
  const { targetLabel } = config;
  switch (config.action) {
    case "replace":
      return compileReplace(config, regex, source);
    case "keep":
      return (labels) => regex.test(source(labels));
    case "drop":
      return (labels) => !regex.test(source(labels));
    case "keepequal":
      return (labels) => (labels.get(targetLabel) ?? "") === source(labels);
    case "dropequal":
      return (labels) => (labels.get(targetLabel) ?? "") !== source(labels);
    case "hashmod":
      return compileHashmod(config, source);
    case "lowercase":
      return (labels) => set(labels, targetLabel, mapCase(source(labels), "toLowerCase"));
    case "uppercase":
      return (labels) => set(labels, targetLabel, mapCase(source(labels), "toUpperCase"));
    case "labelmap":
      return compileLabelmap(config, regex);
    case "labeldrop":
      return (labels) => removeNames(labels, (name) => regex.test(name));
    case "labelkeep":
      return (labels) => removeNames(labels, (name) => !regex.test(name));
  }
}

function sourceReader({ sourceLabels, separator }: RelabelConfig): (labels: Labels) => string {
  const [only] = sourceLabels;
  if (sourceLabels.length === 1 && only !== undefined) {
    return (labels) => labels.get(only) ?? "";
  }
  return (labels) => sourceLabels.map((name) => labels.get(name) ?? "").join(separator);
}

function set(labels: Map<string, string>, name: string, value: string): true {
  if (value === "") {
    labels.delete(name);
  } else {
    labels.set(name, value);
  }
  return true;
}

function compileReplace(config: RelabelConfig, regex: LabelRegex, source: (labels: Labels) => string): Step {
  const target = compileTemplate(config.targetLabel);
  const replacement = compileTemplate(config.replacement);
  return (labels) => {
    const groups = regex.match(source(labels));
    if (groups === undefined) {
      return true;
    }
    const name = expand(target, groups);
    return isLabelName(name, config.nameScheme) ? set(labels, name, expand(replacement, groups)) : true;
  };
}

function compileHashmod(config: RelabelConfig, source: (labels: Labels) => string): Step {
  const modulus = BigInt(config.modulus);
  return (labels) => {
    const digest = createHash("md5").update(source(labels)).digest();
    return set(labels, config.targetLabel, String(digest.readBigUInt64BE(8) % modulus));
  };
}

function compileLabelmap(config: RelabelConfig, regex: LabelRegex): Step {
  const replacement = compileTemplate(config.replacement);
  return (labels) => {
    // A copy: labels made here are not mapped again. Sorted, so that two names mapped to one always end the same way.
    for (const [name, value] of [...labels].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const groups = regex.match(name);
      const target = groups === undefined ? "" : expand(replacement, groups);
      if (target !== "") {
        set(labels, target, value);
      }
    }
    return true;
  };
}

function removeNames(labels: Map<string, string>, gone: (name: string) => boolean): true {
  for (const name of labels.keys()) {
    if (gone(name)) {
      labels.delete(name);
    }
  }
  return true;
}

/** Go maps case letter by letter: no ß to SS, no final sigma. */
function mapCase(text: string, method: "toLowerCase" | "toUpperCase"): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
  if (/^[\x00-\x7f]*$/.test(text)) {
    return text[method]();
  }
  let result = "";
  for (const letter of text) {
    const mapped = letter[method]();
    const simple = String.fromCodePoint(mapped.codePointAt(0) ?? 0);
    result += mapped === simple ? mapped : letter === "\u0130" ? "i" : letter;
  }
  return result;
}
