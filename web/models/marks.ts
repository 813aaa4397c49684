/** Deploys, changes of configuration and new versions, as thin marks on time charts. */

export type Mark = { readonly ts: number; readonly kind: "deploy" | "config" | "version"; readonly title: string };

type Version = { readonly version: string; readonly firstAt: number };

/** In order of time. The first version that was ever heard changed nothing. */
export function marksOf(
  events: readonly { readonly kind: string; readonly atMs: number; readonly title: string }[],
  versions: readonly Version[],
  fromMs: number,
  toMs: number,
): Mark[] {
  const first = Math.min(...versions.map(({ firstAt }) => firstAt));
  const marks: Mark[] = [
    ...events.map(({ kind, atMs, title }) => ({
      ts: atMs,
      kind: kind === "config" ? ("config" as const) : ("deploy" as const),
      title,
    })),
    ...versions
      .filter(({ firstAt }) => firstAt > first && firstAt >= fromMs && firstAt < toMs)
      .map(({ version, firstAt }) => ({ ts: firstAt, kind: "version" as const, title: `version ${version} begins` })),
  ];
  return marks.sort((a, b) => a.ts - b.ts);
}
