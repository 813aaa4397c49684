import type { ClusterStatus } from "../data/cluster.ts";
import { count } from "../format/number.ts";

/** Before the first sample: what is known to be happening, step by step. */
export function Waiting({ status }: { status: ClusterStatus }) {
  const { targets } = status;
  const runs = (name: string) => status.processes.some(({ process, up }) => process === name && up);
  const collects = runs("collector");
  const ingests = runs("ingest");
  const steps: readonly (readonly [boolean, string])[] = [
    [true, "The store answers."],
    [collects, collects ? "The collector runs." : "The collector has not reported yet."],
    [ingests, ingests ? "Ingest runs." : "Ingest has not reported yet."],
    [targets.all > 0, targets.all > 0 ? `${count(targets.all, "target")} to scrape.` : "No target is known yet."],
    ...(targets.all > 0
      ? [[targets.up > 0, `${targets.up} of ${count(targets.all, "target")} scraped.`] as const]
      : []),
    [false, "No GPU has been seen in the last 24 hours."],
  ];
  return (
    <div className="notice" role="status">
      <h2>{targets.up > 0 ? "Waiting for the first GPU" : "Waiting for the first scrape"}</h2>
      <ol>
        {steps.map(([done, words]) => (
          <li key={words} className={done ? "" : "quiet"}>
            {done ? "✓" : "·"} {words}
          </li>
        ))}
      </ol>
      {targets.all === 0 && collects ? (
        <p>
          Name your exporters in a <code>prometheus.yml</code>, as Prometheus reads it, and start with{" "}
          <code>npm start -- --config prometheus.yml</code>.
        </p>
      ) : null}
      {targets.down > 0 ? (
        <p>
          {count(targets.down, "target")} cannot be scraped:{" "}
          <span className="mono small">{status.firstError ?? "no reason given"}</span>
        </p>
      ) : null}
      {targets.up > 0 ? (
        <p className="quiet">
          GPUs are told by a UUID label, as dcgm-exporter gives its metrics. If none appears, see whether a GPU exporter
          is among the targets.
        </p>
      ) : null}
    </div>
  );
}
