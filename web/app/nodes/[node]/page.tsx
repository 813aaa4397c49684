import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { attempt } from "../../../data/attempt.ts";
import { readNode } from "../../../data/node.ts";
import { loadRange, type SearchParams } from "../../range-search.ts";
import { NodeView } from "./node-view.tsx";

export const dynamic = "force-dynamic";

type Props = { params: Promise<{ node: string }>; searchParams: SearchParams };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeURIComponent((await params).node) };
}

export default async function NodePage({ params, searchParams }: Props) {
  const node = decodeURIComponent((await params).node);
  const range = await loadRange(searchParams);
  const outcome = await attempt(() => readNode(node, range, Date.now()));
  if (outcome.ok && outcome.data === null) notFound();
  return <NodeView node={node} initial={outcome} />;
}
