import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { attempt } from "../../../data/attempt.ts";
import { readJob } from "../../../data/job.ts";
import { loadRange, type SearchParams } from "../../range-search.ts";
import { JobView } from "./job-view.tsx";

export const dynamic = "force-dynamic";

type Props = { params: Promise<{ job: string }>; searchParams: SearchParams };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeURIComponent((await params).job) };
}

export default async function JobPage({ params, searchParams }: Props) {
  const job = decodeURIComponent((await params).job);
  const range = await loadRange(searchParams);
  const outcome = await attempt(() => readJob(job, range, Date.now()));
  if (outcome.ok && outcome.data === null) notFound();
  return <JobView job={job} initial={outcome} />;
}
