import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { createLoader } from "nuqs/server";
import { attempt } from "../../../../data/attempt.ts";
import { readFeature } from "../../../../data/feature.ts";
import { loadRange, type SearchParams } from "../../../range-search.ts";
import { FeatureView } from "./feature-view.tsx";
import { featureParsers } from "./search-params.ts";

export const dynamic = "force-dynamic";

const loadFeature = createLoader(featureParsers);

type Props = { params: Promise<{ model: string; feature: string }>; searchParams: SearchParams };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { model, feature } = await params;
  return { title: `${decodeURIComponent(feature)} · ${decodeURIComponent(model)}` };
}

export default async function FeaturePage({ params, searchParams }: Props) {
  const { model, feature } = await params;
  const of = { model: decodeURIComponent(model), feature: decodeURIComponent(feature) };
  const range = await loadRange(searchParams);
  const { kind, baseline, version, at } = await loadFeature(searchParams);
  const asked = {
    ...of,
    kind: kind ?? undefined,
    baseline: baseline ?? undefined,
    version: version ?? undefined,
    at: at ?? undefined,
  };
  const outcome = await attempt(() => readFeature(asked, range, Date.now()));
  if (outcome.ok && outcome.data === null) notFound();
  return <FeatureView {...of} initial={outcome} />;
}
