import type { Metadata } from "next";
import { attempt } from "../../data/attempt.ts";
import { readPipeline } from "../../data/pipeline.ts";
import { loadRange, type SearchParams } from "../range-search.ts";
import { PipelineView } from "./pipeline-view.tsx";

export const dynamic = "force-dynamic";
export const metadata: Metadata = { title: "Pipeline" };

export default async function PipelinePage({ searchParams }: { searchParams: SearchParams }) {
  const range = await loadRange(searchParams);
  return <PipelineView initial={await attempt(() => readPipeline(range, Date.now()))} />;
}
