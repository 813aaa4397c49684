import "server-only";
import { findings } from "@lockstep/schemas/queries/findings";
import { parseGpuKey } from "../fleet/gpu.ts";
import { type FindingView, findingView } from "../jobs/finding-view.ts";
import { type RangeState, resolveRange } from "../url/range.ts";
import { getStore } from "./store.ts";

export type OpenFindings = { readonly atMs: number; readonly findings: readonly FindingView[] };

const MAX_READ = 500;
const MAX_SHOWN = 20;

/** What held jobs up at the end of the range, of all nodes, or of one node or GPU. */
export async function readOpenFindings(
  of: { readonly node?: string | undefined; readonly gpu?: string | undefined },
  state: RangeState,
  nowMs: number,
): Promise<OpenFindings> {
  const range = resolveRange(state, nowMs);
  const rows = await getStore().read(findings({ fromMs: range.fromMs, toMs: range.toMs, limit: MAX_READ }));
  const uuid = of.gpu === undefined ? undefined : parseGpuKey(of.gpu).uuid;
  const shown = rows
    .filter(({ closed }) => closed === null || closed >= range.toMs)
    .filter(({ node, gpu }) => (of.node === undefined || node === of.node) && (uuid === undefined || gpu === uuid));
  return { atMs: range.toMs, findings: shown.slice(0, MAX_SHOWN).map(findingView) };
}
