import type { Metadata } from "next";
import { attempt } from "../../data/attempt.ts";
import { readTargets } from "../../data/cluster.ts";
import { TargetsView } from "./targets-view.tsx";

export const dynamic = "force-dynamic";
export const metadata: Metadata = { title: "Targets" };

export default async function TargetsPage() {
  return <TargetsView initial={await attempt(() => readTargets(Date.now()))} />;
}
