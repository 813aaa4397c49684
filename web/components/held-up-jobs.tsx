"use client";
import { FindingList } from "../app/jobs/finding-list.tsx";
import type { OpenFindings } from "../data/open-findings.ts";
import { useRead } from "./use-read.ts";

/** Which jobs are held up, and by what: on the whole cluster, or by one node or GPU. */
export function HeldUpJobs({ node, gpu }: { node?: string; gpu?: string }) {
  const { data } = useRead<OpenFindings>("open-findings", { ...(node && { node }), ...(gpu && { gpu }) }, null);
  if (data === null) return null;
  return <FindingList findings={data.findings} atMs={data.atMs} named />;
}
