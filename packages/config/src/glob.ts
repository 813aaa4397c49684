/** Go's filepath.Match on the last part of a path: `*`, `?`, `[a-z]`, `[^a-z]`, and `\` before one of them. */
export function globPattern(glob: string): RegExp {
  let source = "";
  for (let i = 0; i < glob.length; i++) {
    const char = glob[i]!;
    const classEnd = char === "[" ? glob.indexOf("]", i + 2) : -1;
    if (char === "*") {
      source += "[^/]*";
    } else if (char === "?") {
      source += "[^/]";
    } else if (classEnd > 0) {
      const negated = glob[i + 1] === "^";
      const members = glob.slice(i + (negated ? 2 : 1), classEnd);
      const escaped = members.replace(/[\\\]^&[]/g, "\\$&");
      source += isRange(members) ? `[${negated ? "^" : ""}${escaped}]` : "(?!)";
      i = classEnd;
    } else {
      const literal = char === "\\" && i + 1 < glob.length ? glob[++i]! : char;
      source += literal.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
    }
  }
  return new RegExp(`^${source}$`, "s");
}

function isRange(members: string): boolean {
  return [...members.matchAll(/(.)-(.)/g)].every(([, from, to]) => from! <= to!);
}

export function isGlob(path: string): boolean {
  return /[*?[]/.test(path);
}
