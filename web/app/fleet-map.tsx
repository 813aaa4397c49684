"use client";
import { useRouter } from "next/navigation";
import { useEffect, useMemo } from "react";
import { Distribution } from "../components/distribution.tsx";
import { GpuTable } from "../components/gpu-table.tsx";
import type { Cell } from "../components/heat-map/cell.ts";
import { HeatMap } from "../components/heat-map/heat-map.tsx";
import { HoverCard, stateWords } from "../components/heat-map/hover-card.tsx";
import { useRangeHref } from "../components/range-link.tsx";
import { Shape } from "../components/state-mark.tsx";
import { fullName, type Gpu, gpuPath, shownValue } from "../fleet/gpu.ts";
import { SHOWN, SHOWN_SPECS, type Shown } from "../fleet/quantities.ts";
import { domainOf, shareOf } from "../fleet/scale.ts";
import { filterGpus, GROUPINGS, type Grouping, groupGpus, isSelected, type Selection } from "../fleet/select.ts";
import { count } from "../format/number.ts";
import { formatUnit } from "../format/unit.ts";

type FleetSearch = {
  readonly metric: Shown;
  readonly by: Grouping;
  readonly q: string;
  readonly low: number | null;
  readonly high: number | null;
  readonly view: "map" | "table";
  readonly sort: string;
};

type FleetMapProps = {
  readonly gpus: readonly Gpu[];
  readonly search: FleetSearch;
  readonly onSearch: (change: Partial<FleetSearch>) => void;
};

export function FleetMap({ gpus, search, onSearch }: FleetMapProps) {
  const spec = SHOWN_SPECS[search.metric];
  const selection = useMemo<Selection | null>(
    () => (search.low === null || search.high === null ? null : { low: search.low, high: search.high }),
    [search.low, search.high],
  );
  const found = useMemo(() => filterGpus(gpus, search.q), [gpus, search.q]);
  const values = useMemo(() => found.map((gpu) => shownValue(gpu, search.metric)), [found, search.metric]);
  const domain = useMemo(
    () =>
      domainOf(
        spec.domain,
        gpus.map((gpu) => shownValue(gpu, search.metric)),
      ),
    [gpus, search.metric, spec],
  );
  const selected = useMemo(
    () => found.filter((gpu) => isSelected(gpu, search.metric, selection)),
    [found, search.metric, selection],
  );
  return (
    <section className="fleet-map" aria-label="Every GPU">
      <Tools search={search} onSearch={onSearch} found={found.length} all={gpus.length} />
      <Distribution
        title={spec.title}
        values={values}
        domain={domain}
        unit={spec.unit}
        selection={selection}
        selected={selected.length}
        onSelect={(next) => onSearch({ low: next?.low ?? null, high: next?.high ?? null })}
      />
      {found.length === 0 ? (
        <p className="quiet">No GPU matches “{search.q}”.</p>
      ) : search.view === "table" ? (
        <GpuTable gpus={selected} sort={search.sort} onSort={(sort) => onSearch({ sort })} />
      ) : (
        <Cells gpus={found} metric={search.metric} by={search.by} selection={selection} domain={domain} />
      )}
      <Marks />
    </section>
  );
}

type CellsProps = {
  readonly gpus: readonly Gpu[];
  readonly metric: Shown;
  readonly by: Grouping;
  readonly selection: Selection | null;
  readonly domain: readonly [number, number];
};

function Cells({ gpus, metric, by, selection, domain }: CellsProps) {
  const router = useRouter();
  const href = useRangeHref();
  const { unit, title } = SHOWN_SPECS[metric];
  const groups = useMemo(() => groupGpus(gpus, by), [gpus, by]);
  const ordered = useMemo(() => groups.flatMap((group) => group.gpus), [groups]);
  const blocks = useMemo(() => groups.map((group) => ({ label: group.label, count: group.gpus.length })), [groups]);
  const cells = useMemo(
    () =>
      ordered.map((gpu): Cell => {
        const value = shownValue(gpu, metric);
        return {
          key: gpu.key,
          share: shareOf(value, domain),
          figure: value === null ? "" : cellFigure(value, metric),
          state: gpu.state,
          dimmed: !isSelected(gpu, metric, selection),
        };
      }),
    [ordered, metric, domain, selection],
  );
  return (
    <HeatMap
      groups={blocks}
      cells={cells}
      label={`${title} of ${count(ordered.length, "GPU")}`}
      describe={(index) => {
        const gpu = ordered[index];
        if (gpu === undefined) return "";
        return `${fullName(gpu)}: ${formatUnit(shownValue(gpu, metric), unit)}, ${stateWords(gpu)}`;
      }}
      onOpen={(index) => {
        const gpu = ordered[index];
        if (gpu !== undefined) router.push(href(gpuPath(gpu.key)));
      }}
      renderCard={(index) => {
        const gpu = ordered[index];
        return gpu === undefined ? null : <HoverCard gpu={gpu} />;
      }}
    />
  );
}

/** As short as a cell is wide: clocks in GHz, everything else whole. */
function cellFigure(value: number, metric: Shown): string {
  return metric === "clock" ? (value / 1000).toFixed(2) : String(Math.round(value));
}

function Tools({ search, onSearch, found, all }: Omit<FleetMapProps, "gpus"> & { found: number; all: number }) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.target;
      const typing = target instanceof HTMLElement && /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      const metric = SHOWN.find((name) => SHOWN_SPECS[name].key === event.key);
      if (metric !== undefined) onSearch({ metric, low: null, high: null });
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [onSearch]);
  return (
    <div className="fleet-tools">
      <fieldset className="segments" style={{ margin: 0, padding: 0 }}>
        <legend className="visually-hidden">Colour by</legend>
        {SHOWN.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={search.metric === name}
            aria-keyshortcuts={SHOWN_SPECS[name].key}
            onClick={() => onSearch({ metric: name, low: null, high: null })}
          >
            {SHOWN_SPECS[name].title}
            <kbd>{SHOWN_SPECS[name].key}</kbd>
          </button>
        ))}
      </fieldset>
      <select
        className="choice"
        aria-label="Group by"
        value={search.by}
        onChange={(event) => onSearch({ by: event.target.value as Grouping })}
      >
        {GROUPINGS.map((grouping) => (
          <option key={grouping} value={grouping}>
            By {grouping}
          </option>
        ))}
      </select>
      <input
        className="field"
        type="search"
        aria-label="Filter by node, GPU, pod, namespace, model or state"
        placeholder="Filter: node, pod, model, throttled ..."
        value={search.q}
        onChange={(event) => onSearch({ q: event.target.value })}
      />
      {found < all ? <span className="quiet small">{`${found} of ${count(all, "GPU")}`}</span> : null}
      <fieldset className="segments end" style={{ padding: 0 }}>
        <legend className="visually-hidden">Show as</legend>
        {(["map", "table"] as const).map((view) => (
          <button key={view} type="button" aria-pressed={search.view === view} onClick={() => onSearch({ view })}>
            {view === "map" ? "Heat map" : "Table"}
          </button>
        ))}
      </fieldset>
    </div>
  );
}

function Marks() {
  return (
    <div className="marks" aria-hidden="true">
      <span>
        <Shape state="throttled" /> thermally throttled
      </span>
      <span>
        <Shape state="xid" /> XID error
      </span>
      <span>
        <Shape state="down" /> down
      </span>
      <span>
        <i className="mark-unknown" /> not known
      </span>
    </div>
  );
}
