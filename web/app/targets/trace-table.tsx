import { Shape } from "../../components/state-mark.tsx";
import { Ago } from "../../components/time-zone.tsx";
import type { TargetsData } from "../../data/cluster.ts";
import type { TraceState } from "../../fleet/collector-detail.ts";
import { formatUnit, UNKNOWN } from "../../format/unit.ts";

const COLUMNS = 7;

/** The trace files that collectors follow: whether they are read, how far, and what is wrong with them. */
export function TraceTables({ collectors, atMs }: { collectors: TargetsData["collectors"]; atMs: number }) {
  return collectors
    .filter(({ traces }) => traces.length > 0)
    .map(({ host, traces }) => (
      <section key={host} style={{ display: "grid", gap: 4 }} aria-label={`Traces on ${host}`}>
        <h2>
          Traces <span className="quiet small">followed by the collector on {host}, since it started</span>
        </h2>
        <div className="table-frame">
          <table>
            <thead>
              <tr>
                <th>Files</th>
                <th>Kind</th>
                <th>State</th>
                <th className="figure">Read</th>
                <th className="figure">Behind</th>
                <th className="figure">Found</th>
                <th className="figure">Bad lines</th>
              </tr>
            </thead>
            <tbody>
              {traces.map((trace) => (
                <TraceRow key={trace.name} trace={trace} atMs={atMs} />
              ))}
            </tbody>
          </table>
        </div>
      </section>
    ));
}

function TraceRow({ trace, atMs }: { trace: TraceState; atMs: number }) {
  const { counts } = trace;
  const trouble = troubleOf(trace);
  return (
    <>
      <tr className={trouble.length > 0 ? "joined" : ""}>
        <td className="mono cut" title={trace.name}>
          {trace.files}
        </td>
        <td>{TITLES[trace.kind] ?? trace.kind}</td>
        <td>
          {counts.files === 0 ? (
            <span className="state ok">
              <i className="mark-unknown" />
              no file yet
            </span>
          ) : (
            <span className={`state ${counts.unreadable > 0 ? "critical" : "ok"}`}>
              <Shape state={counts.unreadable > 0 ? "down" : "ok"} />
              {counts.files === 1 ? "1 file" : `${counts.files} files`}
            </span>
          )}
        </td>
        <td className="figure">
          {counts.lastReadAt === undefined ? UNKNOWN : <Ago ms={counts.lastReadAt} nowMs={atMs} />}
        </td>
        <td className="figure">{formatUnit(counts.behindBytes, "bytes")}</td>
        <td className="figure">{foundIn(trace)}</td>
        <td className="figure">{counts.badLines}</td>
      </tr>
      {trouble.length === 0 ? null : (
        <tr>
          <td className="wrap trouble" colSpan={COLUMNS}>
            {trouble.map((text) => (
              <div key={text} className="mono small">
                {text}
              </div>
            ))}
          </td>
        </tr>
      )}
    </>
  );
}

const TITLES: Readonly<Record<string, string>> = {
  inspector: "NCCL Inspector",
  inspector_prom: "NCCL Inspector, Prometheus mode",
  lines: "collective lines",
  flight_recorder: "Flight Recorder",
  kernel_log: "kernel log",
};

/** What its kind of files holds. */
function foundIn({ kind, counts }: TraceState): string {
  const number = (value: number, one: string, many: string) =>
    `${formatUnit(value, "count")} ${value === 1 ? one : many}`;
  if (kind === "kernel_log") return number(counts.events, "XID", "XIDs");
  if (kind === "flight_recorder") return number(counts.dumps, "dump", "dumps");
  if (kind === "inspector_prom") return number(counts.samples, "sample", "samples");
  return number(counts.operations, "operation", "operations");
}

function troubleOf({ counts }: TraceState): string[] {
  const texts = [
    counts.problem,
    counts.unreadable > 0 ? `${counts.unreadable} of ${counts.files} files cannot be read` : undefined,
    counts.lastBad,
  ];
  return texts.filter((text) => text !== undefined);
}
