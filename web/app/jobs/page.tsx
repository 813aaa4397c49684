import type { Metadata } from "next";
import { attempt } from "../../data/attempt.ts";
import { readJobs } from "../../data/jobs.ts";
import { loadRange, type SearchParams } from "../range-search.ts";
import { JobsView } from "./jobs-view.tsx";

export const dynamic = "force-dynamic";
export const metadata: Metadata = { title: "Jobs" };

export default async function JobsPage({ searchParams }: { searchParams: SearchParams }) {
  const range = await loadRange(searchParams);
  return <JobsView initial={await attempt(() => readJobs(range, Date.now()))} />;
}
