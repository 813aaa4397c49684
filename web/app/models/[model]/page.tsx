import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { attempt } from "../../../data/attempt.ts";
import { readModel } from "../../../data/model.ts";
import { loadRange, type SearchParams } from "../../range-search.ts";
import { ModelView } from "./model-view.tsx";

export const dynamic = "force-dynamic";

type Props = { params: Promise<{ model: string }>; searchParams: SearchParams };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeURIComponent((await params).model) };
}

export default async function ModelPage({ params, searchParams }: Props) {
  const model = decodeURIComponent((await params).model);
  const range = await loadRange(searchParams);
  const outcome = await attempt(() => readModel(model, range, Date.now()));
  if (outcome.ok && outcome.data === null) notFound();
  return <ModelView model={model} initial={outcome} />;
}
