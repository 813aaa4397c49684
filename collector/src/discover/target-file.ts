/** Files of file_sd_configs: a list of `{targets, labels}` in JSON or YAML. */
import type { NameScheme, TargetGroup } from "@lockstep/config/config";
import { decode } from "@lockstep/config/decode";
import { isLabelName } from "@lockstep/config/label-name";
import { formatProblem } from "@lockstep/config/problem";
import { present, reportFor } from "@lockstep/config/report";
import { resolveTargetGroup } from "@lockstep/config/scrape-config";
import { openYaml } from "@lockstep/config/yaml-file";
import { targetGroupsFile } from "@lockstep/schemas/files/prometheus-yml";

export type TargetFileResult =
  | { readonly ok: true; readonly groups: TargetGroup[] }
  | { readonly ok: false; readonly message: string };

/** The groups of a file, each with the label `__meta_filepath`. A file with any fault is refused whole, as in Prometheus. */
export function parseTargetFile(text: string, file: string, scheme: NameScheme): TargetFileResult {
  return /\.json$/i.test(file) ? parseJson(text, file, scheme) : parseYaml(text, file, scheme);
}

function parseYaml(text: string, file: string, scheme: NameScheme): TargetFileResult {
  const yaml = openYaml(text, file);
  const raw = present(decode(yaml, targetGroupsFile));
  const report = reportFor(yaml);
  const groups = raw.map(([index, group]) => ({ ...resolveTargetGroup(group, `[${index}]`, scheme, report), index }));
  const first = yaml.errors[0];
  if (first !== undefined) {
    const more = yaml.errors.length > 1 ? ` (and ${yaml.errors.length - 1} more)` : "";
    return { ok: false, message: `${formatProblem(first)}${more}` };
  }
  return { ok: true, groups: groups.map(({ targets, labels, index }) => groupOf(file, index, targets, labels)) };
}

function groupOf(
  file: string,
  index: number,
  targets: readonly string[],
  labels: Iterable<[string, string]>,
): TargetGroup {
  return { targets, labels: new Map([...labels, ["__meta_filepath", file]]), source: `${file}:${index}` };
}

class GroupError extends Error {}

/** Not through the YAML reader: generated files are large, and JSON.parse is a hundred times as fast. */
function parseJson(text: string, file: string, scheme: NameScheme): TargetFileResult {
  try {
    const list: unknown = JSON.parse(text);
    if (!Array.isArray(list)) {
      throw new GroupError(`found ${nameOf(list)}, expected a list of {targets, labels}`);
    }
    return { ok: true, groups: list.map((group, index) => readGroup(group, index, file, scheme)) };
  } catch (error) {
    if (error instanceof GroupError) {
      return { ok: false, message: `${file}: ${error.message}` };
    }
    if (error instanceof SyntaxError) {
      return { ok: false, message: `${file}: not valid JSON: ${error.message.slice(0, 200)}` };
    }
    throw error;
  }
}

function nameOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "a list" : `a value of type ${typeof value}`;
}

function readGroup(group: unknown, index: number, file: string, scheme: NameScheme): TargetGroup {
  if (typeof group !== "object" || group === null || Array.isArray(group)) {
    throw new GroupError(`[${index}]: found ${nameOf(group)}, expected {targets, labels}`);
  }
  const { targets, labels, ...rest } = group as { targets?: unknown; labels?: unknown };
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) {
    throw new GroupError(`[${index}]: unknown key ${JSON.stringify(unknown)}; expected targets and labels`);
  }
  return groupOf(file, index, readTargets(targets ?? [], index), readLabels(labels ?? {}, index, scheme));
}

function readTargets(targets: unknown, index: number): string[] {
  if (!Array.isArray(targets) || !targets.every((target) => typeof target === "string")) {
    throw new GroupError(`[${index}].targets: expected a list of texts`);
  }
  return targets;
}

function readLabels(labels: unknown, index: number, scheme: NameScheme): [string, string][] {
  if (typeof labels !== "object" || labels === null || Array.isArray(labels)) {
    throw new GroupError(`[${index}].labels: found ${nameOf(labels)}, expected an object`);
  }
  return Object.entries(labels).map(([name, value]) => {
    if (!isLabelName(name, scheme)) {
      throw new GroupError(`[${index}].labels: invalid label name ${JSON.stringify(name)}`);
    }
    if (typeof value !== "string") {
      throw new GroupError(`[${index}].labels.${name}: found ${nameOf(value)}, expected a text`);
    }
    return [name, value];
  });
}
