"use client";
import { useQueryStates } from "nuqs";
import { Figures } from "../../components/figures.tsx";
import { ProblemNotice, StaleNote } from "../../components/problem.tsx";
import { useTimeZone } from "../../components/time-zone.tsx";
import { useRead } from "../../components/use-read.ts";
import type { ModelsData } from "../../data/models.ts";
import type { Outcome } from "../../data/problem.ts";
import { count } from "../../format/number.ts";
import { formatUnit } from "../../format/unit.ts";
import { hasMoved, modelsHeadline } from "../../models/headlines.ts";
import { sorted } from "../../models/model-order.ts";
import { whenText } from "../../models/when.ts";
import { HowToSend } from "./how-to-send.tsx";
import { ModelFindingList } from "./model-finding-list.tsx";
import { ModelTable } from "./model-table.tsx";
import { modelsParsers } from "./search-params.ts";

export function ModelsView({ initial }: { initial: Outcome<ModelsData> }) {
  const { data, problem } = useRead<ModelsData>("models", {}, initial, { soon: isBeginning });
  const [search, setSearch] = useQueryStates(modelsParsers);
  const zone = useTimeZone();
  if (data === null) {
    return (
      <main className="page">
        <h1>Models</h1>
        {problem === null ? null : <ProblemNotice problem={problem} />}
      </main>
    );
  }
  const text = search.q.trim().toLowerCase();
  const found = data.models.filter(({ model, versions }) =>
    [model, ...versions].some((each) => each.toLowerCase().includes(text)),
  );
  return (
    <main className="page models">
      <StaleNote problem={problem} />
      <div className="headline">
        <h1>{modelsHeadline(data, (ms) => whenText(ms, data.atMs, zone))}</h1>
        {data.elsewhere === 0 ? null : (
          <p className="quiet">
            {count(data.elsewhere, data.models.length === 0 ? "model" : "other model")} heard, but not in this range.
          </p>
        )}
        {data.cut ? (
          <p className="quiet">Only the {data.models.length} models that were heard last are listed.</p>
        ) : null}
      </div>
      {data.models.length === 0 ? (
        <HowToSend empty={data.elsewhere === 0} />
      ) : (
        <>
          <Figures items={figuresOf(data)} />
          <ModelFindingList findings={data.models.flatMap(({ open }) => open)} atMs={data.atMs} named />
          {data.models.length < 8 ? null : (
            <div className="fleet-tools">
              <input
                className="field"
                type="search"
                aria-label="Filter by model or version"
                placeholder="Filter: model or version ..."
                value={search.q}
                onChange={(event) => void setSearch({ q: event.target.value })}
              />
              <span className="quiet small">
                {found.length === data.models.length ? null : count(found.length, "model")}
              </span>
            </div>
          )}
          <ModelTable
            models={sorted(found, search.sort)}
            atMs={data.atMs}
            sort={search.sort}
            onSort={(sort) => void setSearch({ sort })}
          />
          <HowToSend />
        </>
      )}
    </main>
  );
}

/** Before the first window is judged. */
function isBeginning({ models, live }: ModelsData): boolean {
  return live && models.every(({ drift }) => drift === null);
}

function figuresOf({ models }: ModelsData) {
  const heard = models.filter(({ live }) => live);
  const rows = heard.reduce((sum, { rowsPerSecond }) => sum + (rowsPerSecond ?? 0), 0);
  const features = models.reduce((sum, { drift }) => sum + (drift?.features ?? 0), 0);
  const moved = models.reduce((sum, { drift }) => sum + (drift?.drifting ?? 0), 0);
  const estimated = models.filter(({ estimated }) => estimated?.auc != null);
  return [
    {
      title: "Models",
      value: formatUnit(models.length, "count"),
      note: heard.length === models.length ? "all heard in this range" : `${heard.length} heard in this range`,
    },
    { title: "Models that drift", value: formatUnit(models.filter(hasMoved).length, "count") },
    {
      title: "Features that moved",
      value: features === 0 ? "–" : formatUnit(moved, "count"),
      note: features === 0 ? "none is judged yet" : `of ${features.toLocaleString("en-US")} judged, newest window`,
    },
    {
      title: "Rows a second",
      value: heard.length === 0 ? "–" : formatUnit(rows, "count"),
      note: "newest windows, all models",
    },
    {
      title: "Lowest estimated AUC",
      value: estimated.length === 0 ? "–" : Math.min(...estimated.map((each) => each.estimated!.auc!)).toFixed(3),
      note: estimated.length === 0 ? "no scores with labels" : `of ${count(estimated.length, "model")} with scores`,
    },
  ];
}
