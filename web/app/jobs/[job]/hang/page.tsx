import type { Metadata } from "next";
import { attempt } from "../../../../data/attempt.ts";
import { readJobHang } from "../../../../data/job-hang.ts";
import { loadRange, type SearchParams } from "../../../range-search.ts";
import { HangView } from "./hang-view.tsx";

export const dynamic = "force-dynamic";

type Props = { params: Promise<{ job: string }>; searchParams: SearchParams };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: `Hang of ${decodeURIComponent((await params).job)}` };
}

export default async function HangPage({ params, searchParams }: Props) {
  const job = decodeURIComponent((await params).job);
  const range = await loadRange(searchParams);
  return <HangView job={job} initial={await attempt(() => readJobHang(job, range, Date.now()))} />;
}
