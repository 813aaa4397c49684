/** From relabel_configs as written to RelabelConfig, with the checks Prometheus makes when it loads them. */
import type { RawRelabelConfig, RelabelAction } from "@lockstep/schemas/files/prometheus-yml";
import type { NameScheme, RelabelConfig } from "./config.ts";
import { isLabelName } from "./label-name.ts";
import { regexFault } from "./label-regex.ts";
import { childPath } from "./problem.ts";
import { present, type Report } from "./report.ts";
import { refersToGroups } from "./template.ts";

const DEFAULTS = { separator: ";", regex: "(.*)", modulus: 0, target_label: "", replacement: "$1" } as const;

const NEEDS_TARGET: ReadonlySet<RelabelAction> = new Set([
  "replace",
  "keepequal",
  "dropequal",
  "hashmod",
  "lowercase",
  "uppercase",
]);

/** Keys an action refuses, unless they hold their default. */
const REFUSED: Partial<Record<RelabelAction, readonly (keyof RawRelabelConfig)[]>> = {
  lowercase: ["replacement"],
  uppercase: ["replacement"],
  keepequal: ["regex", "modulus", "separator", "replacement"],
  dropequal: ["regex", "modulus", "separator", "replacement"],
  labeldrop: ["source_labels", "target_label", "modulus", "separator", "replacement"],
  labelkeep: ["source_labels", "target_label", "modulus", "separator", "replacement"],
};

/** A name with references to groups in it, `${1}_total`: what is left without them must be the stuff of names. */
const LEGACY_TEMPLATE = /^(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+$/;

export function resolveRelabelConfigs(
  raw: readonly RawRelabelConfig[] | undefined,
  path: string,
  scheme: NameScheme,
  report: Report,
): RelabelConfig[] {
  return present(raw).map(([index, config]) => resolveOne(config, childPath(path, index), scheme, report));
}

function resolveOne(raw: RawRelabelConfig, path: string, scheme: NameScheme, report: Report): RelabelConfig {
  const config: RelabelConfig = {
    action: raw.action ?? "replace",
    sourceLabels: present(raw.source_labels).map(([, name]) => name),
    separator: raw.separator ?? DEFAULTS.separator,
    regex: raw.regex ?? DEFAULTS.regex,
    modulus: raw.modulus ?? DEFAULTS.modulus,
    targetLabel: raw.target_label ?? DEFAULTS.target_label,
    replacement: raw.replacement ?? DEFAULTS.replacement,
    nameScheme: scheme,
  };
  if (!report.failed(`${path}.action`)) {
    checkKeys(config, raw, path, report);
  }
  checkNames(config, path, report);
  const fault = regexFault(config.regex);
  if (fault !== undefined) {
    report.error(`${path}.regex`, `bad regular expression: ${fault}`, { expected: "RE2 syntax" });
  }
  return config;
}

function checkKeys(config: RelabelConfig, raw: RawRelabelConfig, path: string, report: Report): void {
  const { action } = config;
  const hasTarget = config.targetLabel !== "" || report.failed(`${path}.target_label`);
  if (NEEDS_TARGET.has(action) && !hasTarget) {
    report.error(path, `relabel action ${action} needs target_label`);
  }
  if (action === "hashmod" && config.modulus === 0 && !report.failed(`${path}.modulus`)) {
    report.error(path, "relabel action hashmod needs a modulus of 1 or more");
  }
  for (const key of REFUSED[action] ?? []) {
    const value = raw[key];
    const isDefault =
      value === undefined || (key !== "source_labels" && value === DEFAULTS[key as keyof typeof DEFAULTS]);
    if (!isDefault) {
      report.error(`${path}.${key}`, `relabel action ${action} takes no ${key}`);
    }
  }
}

function checkNames(config: RelabelConfig, path: string, report: Report): void {
  const { action, targetLabel, replacement, nameScheme } = config;
  for (const [index, name] of config.sourceLabels.entries()) {
    checkLabelName(name, `${path}.source_labels[${index}]`, nameScheme, report);
  }
  if (NEEDS_TARGET.has(action) && targetLabel !== "") {
    const ok = action === "replace" ? isNameTemplate(targetLabel, nameScheme) : isLabelName(targetLabel, nameScheme);
    if (!ok) {
      invalidName(targetLabel, `${path}.target_label`, report);
    }
  }
  if (action === "labelmap" && !isNameTemplate(replacement, nameScheme)) {
    invalidName(replacement, `${path}.replacement`, report);
  }
}

function isNameTemplate(text: string, scheme: NameScheme): boolean {
  if (scheme === "utf8") {
    return isLabelName(text, scheme);
  }
  return refersToGroups(text) ? LEGACY_TEMPLATE.test(text) : isLabelName(text, scheme);
}

export function checkLabelName(name: string, path: string, scheme: NameScheme, report: Report): void {
  if (!isLabelName(name, scheme)) {
    invalidName(name, path, report);
  }
}

function invalidName(name: string, path: string, report: Report): void {
  const expected =
    name === ""
      ? "a name"
      : "[a-zA-Z_][a-zA-Z0-9_]* (for the wider names of Prometheus 3 set metric_name_validation_scheme: utf8)";
  report.error(path, "invalid label name", { found: JSON.stringify(name.slice(0, 80)), expected });
}
