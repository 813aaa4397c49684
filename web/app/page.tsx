import { attempt } from "../data/attempt.ts";
import { readFleet } from "../data/fleet.ts";
import { FleetView } from "./fleet-view.tsx";
import { loadRange, type SearchParams } from "./range-search.ts";

export const dynamic = "force-dynamic";

export default async function FleetPage({ searchParams }: { searchParams: SearchParams }) {
  const range = await loadRange(searchParams);
  return <FleetView initial={await attempt(() => readFleet(range, Date.now()))} />;
}
