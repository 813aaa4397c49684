import type { Metadata } from "next";
import { attempt } from "../../data/attempt.ts";
import { readModels } from "../../data/models.ts";
import { loadRange, type SearchParams } from "../range-search.ts";
import { ModelsView } from "./models-view.tsx";

export const dynamic = "force-dynamic";
export const metadata: Metadata = { title: "Models" };

export default async function ModelsPage({ searchParams }: { searchParams: SearchParams }) {
  const range = await loadRange(searchParams);
  return <ModelsView initial={await attempt(() => readModels(range, Date.now()))} />;
}
