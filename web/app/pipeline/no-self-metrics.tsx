/** What to do where no process tells its metrics. */
export function NoSelfMetrics({ metered, live }: { metered: boolean; live: boolean }) {
  if (!live) {
    return (
      <div className="notice">
        <h2>Nothing was measured here</h2>
        <p>None of Lockstep's own samples lies in the 5 minutes before the end of this range. Choose a later one.</p>
      </div>
    );
  }
  return (
    <div className="notice" role="status">
      <h2>{metered ? "Waiting for the first scrape of Lockstep itself" : "Lockstep's own metrics are switched off"}</h2>
      {metered ? (
        <p>
          The collector scrapes the other processes as job <code>lockstep</code>; the first figures need two scrapes. If
          they do not come, see on the targets page whether that job is up.
        </p>
      ) : (
        <>
          <p>
            This page is drawn from the metrics of the processes themselves. <code>npm start</code> serves them unless
            it is told <code>--metrics-port 0</code> (or <code>LOCKSTEP_METRICS_PORT=0</code>).
          </p>
          <p>
            Where each process is started by hand, give each a <code>LOCKSTEP_METRICS_PORT</code>, and the collector all
            their addresses in <code>LOCKSTEP_SELF_TARGETS</code>.
          </p>
        </>
      )}
    </div>
  );
}
