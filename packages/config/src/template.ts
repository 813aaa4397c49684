/** Replacement templates as Go's regexp.Expand reads them: `$1`, `${1}`, `$name`, `${name}`, `$$`. */
import type { Groups } from "./label-regex.ts";

type Part = string | { readonly group: number } | { readonly name: string };
export type Template = readonly Part[];

/** The longest name wins: `$1x` is the group named "1x", which is there only if the expression names it. */
const REFERENCE = /\$(?:(\$)|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu;
const NUMBER = /^(?:0|[1-9][0-9]{0,8})$/;

export function compileTemplate(template: string): Template {
  const parts: Part[] = [];
  let end = 0;
  for (const match of template.matchAll(REFERENCE)) {
    parts.push(template.slice(end, match.index));
    const name = match[2] ?? match[3];
    if (name === undefined) {
      parts.push("$");
    } else {
      parts.push(NUMBER.test(name) ? { group: Number(name) } : { name });
    }
    end = match.index + match[0].length;
  }
  parts.push(template.slice(end));
  return parts.filter((part) => part !== "");
}

/** Groups that are not there, or did not take part in the match, are empty. */
export function expand(template: Template, groups: Groups): string {
  let text = "";
  for (const part of template) {
    if (typeof part === "string") {
      text += part;
    } else {
      text += ("group" in part ? groups.numbered[part.group] : groups.named?.get(part.name)) ?? "";
    }
  }
  return text;
}

/** Whether the template refers to any group. */
export function refersToGroups(template: string): boolean {
  return compileTemplate(template).some((part) => typeof part !== "string");
}
