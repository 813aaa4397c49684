import { Shape } from "../../components/state-mark.tsx";
import { Ago } from "../../components/time-zone.tsx";
import { formatDuration } from "../../format/time.ts";
import { formatUnit, UNKNOWN } from "../../format/unit.ts";
import type { ProcessUsage } from "../../pipeline/process-usage.ts";

/** Every instance of every process, and what it takes. */
export function ProcessTable({ processes, atMs }: { processes: readonly ProcessUsage[]; atMs: number }) {
  return (
    <section className="section" aria-label="Processes">
      <h2>Processes</h2>
      {processes.length === 0 ? (
        <p className="quiet">No process is known.</p>
      ) : (
        <div className="table-frame">
          <table>
            <thead>
              <tr>
                <th>Process</th>
                <th>Host</th>
                <th>State</th>
                <th className="figure">CPU</th>
                <th className="figure">Memory</th>
                <th className="figure" title="99th percentile of how late the event loop was, of the newest scrape">
                  Loop lag
                </th>
                <th className="figure">Up for</th>
              </tr>
            </thead>
            <tbody>
              {processes.map((usage) => (
                <tr key={`${usage.process} ${usage.host} ${usage.instance}`}>
                  <td>{usage.process}</td>
                  <td title={usage.instance === null ? "its metrics are not scraped" : `scraped at ${usage.instance}`}>
                    {usage.host}
                  </td>
                  <td>
                    <State usage={usage} atMs={atMs} />
                  </td>
                  <td className="figure">{formatUnit(usage.cpu === null ? null : usage.cpu * 100, "percent")}</td>
                  <td className="figure">{formatUnit(usage.memoryBytes, "bytes")}</td>
                  <td className="figure">{formatUnit(usage.loopLagSeconds, "seconds")}</td>
                  <td className="figure">
                    {usage.startedMs === null ? UNKNOWN : formatDuration(atMs - usage.startedMs)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function State({ usage, atMs }: { usage: ProcessUsage; atMs: number }) {
  const { state } = usage;
  // It was scraped, so it ran; who has no heartbeat tells no more.
  if (state === null) return <Mark good words="up" />;
  if (!state.up) {
    return (
      <span className="state critical">
        <Shape state="down" />
        down, seen <Ago ms={state.seenMs} nowMs={atMs} />
      </span>
    );
  }
  if (state.kafkaAway !== null) return <Mark good={false} words="Kafka away" />;
  return <Mark good words={state.leads === null ? "up" : state.leads ? "up, leads" : "up, stands by"} />;
}

function Mark({ good, words }: { good: boolean; words: string }) {
  return (
    <span className={good ? "state ok" : "state critical"}>
      <Shape state={good ? "ok" : "down"} />
      {words}
    </span>
  );
}
