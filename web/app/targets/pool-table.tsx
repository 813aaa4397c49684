"use client";
import { useState } from "react";
import { Shape } from "../../components/state-mark.tsx";
import { Ago } from "../../components/time-zone.tsx";
import type { TargetsData } from "../../data/cluster.ts";
import { formatDuration } from "../../format/time.ts";
import { formatUnit, UNKNOWN } from "../../format/unit.ts";

type Target = TargetsData["targets"][number];

type PoolTableProps = {
  readonly pool: string;
  readonly targets: readonly Target[];
  readonly all: readonly Target[];
  readonly atMs: number;
};

const PAGE = 100;
const COLUMNS = 8;

export function PoolTable({ pool, targets, all, atMs }: PoolTableProps) {
  const [shown, setShown] = useState(PAGE);
  const members = all.filter((target) => target.scrapePool === pool);
  const up = members.filter((target) => target.health === "up").length;
  return (
    <section style={{ display: "grid", gap: 4 }} aria-label={`Scrape pool ${pool}`}>
      <h2>
        {pool}{" "}
        <span className="quiet small">
          {up} of {members.length} up
        </span>
      </h2>
      <div className="table-frame">
        <table className="targets">
          <colgroup>
            <col className="address" />
            <col className="health" />
            <col />
            <col className="short" />
            <col className="short" />
            <col className="short" />
            <col className="short" />
            <col className="shorter" />
          </colgroup>
          <thead>
            <tr>
              <th>Target</th>
              <th>Health</th>
              <th>Labels</th>
              <th className="figure">Scraped</th>
              <th className="figure">Took</th>
              <th className="figure">Samples</th>
              <th className="figure">Size</th>
              <th className="figure">Every</th>
            </tr>
          </thead>
          <tbody>
            {targets.slice(0, shown).map((target) => (
              <TargetRow key={`${target.url} ${JSON.stringify(target.labels)}`} target={target} atMs={atMs} />
            ))}
          </tbody>
        </table>
      </div>
      {targets.length > shown ? (
        <button type="button" className="more" onClick={() => setShown(shown + PAGE)}>
          Show more: {shown} of {targets.length} are shown
        </button>
      ) : null}
    </section>
  );
}

function TargetRow({ target, atMs }: { target: Target; atMs: number }) {
  const scraped = target.lastScrape > 0;
  const hasTrouble = target.lastError !== "" || target.badLines > 0;
  return (
    <>
      <tr className={hasTrouble ? "joined" : ""}>
        <td className="mono cut" title={target.url}>
          {target.url}
        </td>
        <td>
          <HealthMark health={target.health} />
        </td>
        <td className="wrap">
          <details className="labels-detail">
            <summary title={`${labelText(target.labels)}\nOpen to see them before relabelling`}>
              <LabelList labels={target.labels} />
            </summary>
            <div className="small quiet">before relabelling</div>
            <LabelList labels={target.discoveredLabels} />
          </details>
        </td>
        <td className="figure">{scraped ? <Ago ms={target.lastScrape} nowMs={atMs} /> : UNKNOWN}</td>
        <td className="figure">{scraped ? formatUnit(target.durationSeconds, "seconds") : UNKNOWN}</td>
        <td
          className="figure"
          title={
            scraped
              ? `${target.samples} lines read as samples, ${target.samplesKept} kept after relabelling`
              : undefined
          }
        >
          {scraped ? formatUnit(target.samplesKept, "count") : UNKNOWN}
        </td>
        <td className="figure">{scraped ? formatUnit(target.bodyBytes, "bytes") : UNKNOWN}</td>
        <td className="figure" title={`time-out ${formatDuration(target.timeoutSeconds * 1000)}`}>
          {formatDuration(target.intervalSeconds * 1000)}
        </td>
      </tr>
      {hasTrouble ? <TroubleRow target={target} /> : null}
    </>
  );
}

function HealthMark({ health }: { health: string }) {
  const up = health === "up";
  const down = health === "down";
  return (
    <span className={`state ${down ? "critical" : "ok"}`}>
      {up || down ? <Shape state={up ? "ok" : "down"} /> : <i className="mark-unknown" />}
      {up ? "up" : down ? "down" : "not yet"}
    </span>
  );
}

/** What is wrong, over the whole width below the target: errors are to be read. */
function TroubleRow({ target }: { target: Target }) {
  return (
    <tr>
      <td className="wrap trouble" colSpan={COLUMNS}>
        {target.lastError === "" ? null : <div className="state critical">{target.lastError}</div>}
        {target.badLines === 0 ? null : (
          <div>
            <span className="state warning">
              <Shape state="throttled" />
              {target.badLines} bad {target.badLines === 1 ? "line" : "lines"}
            </span>{" "}
            <span className="mono">{target.badLineExample}</span>
          </div>
        )}
      </td>
    </tr>
  );
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return sortedLabels(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join("  ");
}

function sortedLabels(labels: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
}

function LabelList({ labels }: { labels: Readonly<Record<string, string>> }) {
  return (
    <div className="labels">
      {sortedLabels(labels).map(([name, value]) => (
        <span key={name}>
          <span className="name">{name}=</span>
          {value}
        </span>
      ))}
    </div>
  );
}
