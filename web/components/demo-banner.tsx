/** Every page of the simulated cluster says that it is one, and how to watch one's own. */
export function DemoBanner() {
  return (
    <details className="demo">
      <summary>
        <strong>This is a simulated cluster.</strong> To watch your own:{" "}
        <code>npm start -- --config prometheus.yml</code>
      </summary>
      <pre>{`# prometheus.yml, as Prometheus reads it
scrape_configs:
  - job_name: dcgm
    static_configs:
      - targets: ["node-01:9400", "node-02:9400"]   # your dcgm-exporters`}</pre>
    </details>
  );
}
