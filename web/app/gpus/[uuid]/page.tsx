import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { attempt } from "../../../data/attempt.ts";
import { readGpu } from "../../../data/gpu.ts";
import { loadRange, type SearchParams } from "../../range-search.ts";
import { GpuView } from "./gpu-view.tsx";

export const dynamic = "force-dynamic";

type Props = { params: Promise<{ uuid: string }>; searchParams: SearchParams };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeURIComponent((await params).uuid) };
}

export default async function GpuPage({ params, searchParams }: Props) {
  const key = decodeURIComponent((await params).uuid);
  const range = await loadRange(searchParams);
  const outcome = await attempt(() => readGpu(key, range, Date.now()));
  if (outcome.ok && outcome.data === null) notFound();
  return <GpuView gpuKey={key} initial={outcome} />;
}
