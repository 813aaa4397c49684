import { Ago } from "../../components/time-zone.tsx";
import type { TargetsData } from "../../data/cluster.ts";

/** What each collector says about its configuration: the file, the last reload, and keys it does not act on. */
export function CollectorNotes({ collectors, atMs }: { collectors: TargetsData["collectors"]; atMs: number }) {
  if (collectors.length === 0) {
    return <p className="quiet">No collector has reported yet; it does so every few seconds once it runs.</p>;
  }
  return collectors.map((collector) => {
    // Without a time, there was none.
    const reload = collector.lastReload?.at ? collector.lastReload : null;
    const failed = reload !== null && !reload.ok;
    const several = collectors.length > 1;
    return (
      <section
        key={collector.host}
        className={failed ? "notice critical" : collector.warnings.length > 0 ? "notice warning" : ""}
      >
        <p>
          {several ? `${collector.host}: ` : ""}
          {collector.configFile === null ? (
            "Built-in configuration"
          ) : (
            <>
              Configuration <span className="mono">{collector.configFile}</span>
            </>
          )}
          {reload === null ? "" : failed ? ", last reload refused " : ", loaded "}
          {reload === null ? null : <Ago ms={reload.at} nowMs={atMs} />}
          {failed ? "; what was loaded before stays in force:" : null}
        </p>
        {failed ? <p className="mono small">{reload.error ?? "no reason given"}</p> : null}
        {collector.unreadable === null ? null : (
          <p className="quiet">
            Its report cannot be read: <span className="mono small">{collector.unreadable}</span>
          </p>
        )}
        {collector.warnings.length === 0 ? null : (
          <ul>
            {collector.warnings.map((warning) => (
              <li key={`${warning.path} ${warning.line}`}>
                <span className="mono small">
                  {warning.line === null ? "" : `line ${warning.line}, `}
                  {warning.path}
                </span>
                : {warning.message}
              </li>
            ))}
          </ul>
        )}
      </section>
    );
  });
}
