"use client";
import { useQueryStates } from "nuqs";
import { ProblemNotice, StaleNote } from "../../components/problem.tsx";
import { useRead } from "../../components/use-read.ts";
import type { TargetsData } from "../../data/cluster.ts";
import type { Outcome } from "../../data/problem.ts";
import { count } from "../../format/number.ts";
import { CollectorNotes } from "./collector-notes.tsx";
import { PoolTable } from "./pool-table.tsx";
import { Processes } from "./processes.tsx";
import { HEALTHS, type Health, targetsParsers } from "./search-params.ts";
import { TraceTables } from "./trace-table.tsx";

type Target = TargetsData["targets"][number];

export function TargetsView({ initial }: { initial: Outcome<TargetsData> }) {
  const { data, problem } = useRead<TargetsData>("targets", {}, initial, { ranged: false, soon: isBeginning });
  const [search, setSearch] = useQueryStates(targetsParsers);
  if (data === null) {
    return (
      <main className="page">
        <h1>Targets</h1>
        {problem === null ? null : <ProblemNotice problem={problem} />}
      </main>
    );
  }
  const found = data.targets.filter((target) => hasHealth(target, search.health) && hasText(target, search.q));
  const pools = [...Map.groupBy(found, (target) => target.scrapePool)];
  return (
    <main className="page">
      <StaleNote problem={problem} />
      <h1>{headline(data.targets)}</h1>
      <CollectorNotes collectors={data.collectors} atMs={data.atMs} />
      <Processes processes={data.processes} atMs={data.atMs} />
      <div className="fleet-tools">
        <fieldset className="segments" style={{ margin: 0, padding: 0 }}>
          <legend className="visually-hidden">Health</legend>
          {HEALTHS.map((health) => (
            <button
              key={health}
              type="button"
              aria-pressed={search.health === health}
              onClick={() => void setSearch({ health })}
            >
              {HEALTH_TITLES[health]} {data.targets.filter((target) => hasHealth(target, health)).length}
            </button>
          ))}
        </fieldset>
        <input
          className="field"
          type="search"
          aria-label="Filter by address, label or error"
          placeholder="Filter: address, label, error ..."
          value={search.q}
          onChange={(event) => void setSearch({ q: event.target.value })}
        />
      </div>
      {data.targets.length > 0 && found.length === 0 ? <p className="quiet">No target matches.</p> : null}
      {pools.map(([pool, targets]) => (
        <PoolTable key={pool} pool={pool} targets={targets} all={data.targets} atMs={data.atMs} />
      ))}
      <TraceTables collectors={data.collectors} atMs={data.atMs} />
    </main>
  );
}

/** Before every target has been scraped once. */
function isBeginning({ targets }: TargetsData): boolean {
  return targets.length === 0 || targets.some((target) => target.health === "unknown");
}

const HEALTH_TITLES: Readonly<Record<Health, string>> = {
  all: "All",
  up: "Up",
  down: "Down",
  unknown: "Not scraped yet",
  bad: "With bad lines",
};

function hasHealth(target: Target, health: Health): boolean {
  if (health === "all") return true;
  return health === "bad" ? target.badLines > 0 : target.health === health;
}

function hasText(target: Target, filter: string): boolean {
  const labels = [...Object.entries(target.labels), ...Object.entries(target.discoveredLabels)];
  const text = `${target.scrapePool} ${target.url} ${target.lastError} ${labels.map(([name, value]) => `${name}=${value}`).join(" ")}`;
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.toLowerCase().includes(word));
}

function headline(targets: readonly Target[]): string {
  if (targets.length === 0) return "No target is known yet";
  const down = targets.filter((target) => target.health === "down").length;
  const bad = targets.filter((target) => target.badLines > 0).length;
  const waiting = targets.filter((target) => target.health === "unknown").length;
  const wrong = [
    { number: down, words: down === 1 ? "is down" : "are down" },
    { number: bad, words: bad === 1 ? "has bad lines" : "have bad lines" },
    { number: waiting, words: waiting === 1 ? "is not scraped yet" : "are not scraped yet" },
  ].filter(({ number }) => number > 0);
  if (wrong.length === 0) {
    return targets.length === 1 ? "The only target is up." : `All ${count(targets.length, "target")} are up.`;
  }
  const clauses = wrong.map(({ number, words }, index) =>
    index === 0 ? `${number} of ${count(targets.length, "target")} ${words}` : `${number} ${words}`,
  );
  return `${clauses.join(", ")}.`;
}
