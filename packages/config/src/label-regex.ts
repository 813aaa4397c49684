/** Regular expressions over whole label values, with short cuts for those that are only words and prefixes. */
import { RE2JS, RE2JSException } from "re2js";

/** The groups of a match, by number (0 is the whole value) and by name; an unmatched group is "". */
export type Groups = { readonly numbered: readonly string[]; readonly named?: ReadonlyMap<string, string> };

export type LabelRegex = {
  test(value: string): boolean;
  /** undefined where `value` does not match. */
  match(value: string): Groups | undefined;
};

/** Compiles as Prometheus 3 does: anchored at both ends, the dot matches line ends too. Throws RE2JSException. */
function compileRe2(pattern: string): RE2JS {
  return RE2JS.compile(`^(?s:${pattern})$`);
}

/** What is wrong with `pattern` as an RE2 expression, with the place in it where known; undefined if nothing. */
export function regexFault(pattern: string): string | undefined {
  try {
    compileRe2(pattern);
    return undefined;
  } catch (wrapped) {
    if (!(wrapped instanceof RE2JSException)) {
      throw wrapped;
    }
    return describeFault(pattern, wrapped);
  }
}

function describeFault(pattern: string, wrapped: RE2JSException): string {
  let fault = wrapped;
  try {
    RE2JS.compile(pattern);
  } catch (bare) {
    // Speaks of the pattern as it was written, without the anchors around it.
    fault = bare instanceof RE2JSException ? bare : wrapped;
  }
  const reason = fault.message.replace(/^error parsing regexp: /, "");
  const part = /`([\s\S]*)`$/.exec(reason)?.[1];
  const at = part === undefined || part === pattern ? unclosedAt(pattern, reason) : pattern.indexOf(part);
  return at < 0 ? reason : `${reason} at character ${at + 1}`;
}

/** The parser names no place for a bracket that is never closed. */
function unclosedAt(pattern: string, reason: string): number {
  if (!reason.startsWith("missing closing )")) {
    return -1;
  }
  const open: number[] = [];
  let inClass = false;
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i];
    if (char === "\\") {
      i++;
    } else if (inClass) {
      inClass = char !== "]";
    } else if (char === "[") {
      inClass = true;
    } else if (char === "(") {
      open.push(i);
    } else if (char === ")") {
      open.pop();
    }
  }
  return open.at(-1) ?? -1;
}

/** Throws RE2JSException where `pattern` is no RE2 expression. */
export function compileLabelRegex(pattern: string): LabelRegex {
  return compileSimple(pattern) ?? compileGeneral(pattern);
}

/** Without the short cuts: the reference they are tested against. */
export function compileGeneral(pattern: string): LabelRegex {
  const regex = compileRe2(pattern);
  const names = Object.entries(regex.namedGroups());
  return {
    test: (value) => regex.matches(value),
    match(value) {
      const matcher = regex.matcher(value);
      if (!matcher.matches()) {
        return undefined;
      }
      const numbered = Array.from({ length: matcher.groupCount() + 1 }, (_, i) => matcher.group(i) ?? "");
      return names.length === 0
        ? { numbered }
        : { numbered, named: new Map(names.map(([name, index]) => [name, numbered[index] ?? ""])) };
    },
  };
}

const LITERAL = "(?:[^\\\\.+*?()|[\\]{}^$]|\\\\[^a-zA-Z0-9\\u0080-\\u{10ffff}])*";
const WORDS = new RegExp(`^(\\()?(${LITERAL}(?:\\|${LITERAL})*)(\\))?$`, "su");
const PREFIX = new RegExp(`^(${LITERAL})(?:\\.([*+])|\\(\\.([*+])\\))$`, "su");

function unescapeLiteral(literal: string): string {
  return literal.replace(/\\(.)/gsu, "$1");
}

function compileSimple(pattern: string): LabelRegex | undefined {
  const words = WORDS.exec(pattern);
  if (words !== null && (words[1] === undefined) === (words[3] === undefined)) {
    return wordSet(words[2]!.split("|").map(unescapeLiteral), words[1] !== undefined);
  }
  const prefix = PREFIX.exec(pattern);
  return prefix === null
    ? undefined
    : afterPrefix(unescapeLiteral(prefix[1]!), prefix[2] ?? prefix[3]!, prefix[3] !== undefined);
}

function wordSet(words: readonly string[], grouped: boolean): LabelRegex {
  const set = new Set(words);
  return {
    test: (value) => set.has(value),
    match: (value) => (set.has(value) ? { numbered: grouped ? [value, value] : [value] } : undefined),
  };
}

function afterPrefix(prefix: string, repeat: string, grouped: boolean): LabelRegex {
  const shortest = prefix.length + (repeat === "+" ? 1 : 0);
  const test = (value: string) => value.length >= shortest && value.startsWith(prefix);
  return {
    test,
    match: (value) => (test(value) ? { numbered: grouped ? [value, value.slice(prefix.length)] : [value] } : undefined),
  };
}
