"use client";

const WAYS: readonly { readonly title: string; readonly words: string; readonly code: string }[] = [
  {
    title: "Metrics that are scraped already",
    words:
      "Name the histograms of your model servers in prometheus.yml; presets know vLLM, Triton, TGI, SGLang and KServe.",
    code: `lockstep:
  models:
    - preset: vllm`,
  },
  {
    title: "OpenTelemetry",
    words: "Histograms with the attributes model.name, model.version, feature and kind, from any SDK, over OTLP/HTTP.",
    code: `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://localhost:4318/v1/metrics`,
  },
  {
    title: "A post of counts",
    words: "Bounds and counts, or categories, of any window; nothing of a single request leaves your service.",
    code: `curl localhost:4318/v1/observations -H 'content-type: application/json' -d '{
  "model": "ranker", "version": "3", "since": "2026-11-23T10:00:00Z", "until": "2026-11-23T10:05:00Z",
  "features": [{"feature": "price", "kind": "input", "bounds": [0, 10, 100], "counts": [812, 90]}]}'`,
  },
  {
    title: "Rows you have kept",
    words:
      "CSV, CSV.gz, Parquet or JSON lines, with labels and scores where there are any; counted into windows on the way in.",
    code: `lockstep import observations rows.parquet --model ranker --time timestamp --label y --score y_pred_proba`,
  },
];

/** The four ways in. */
export function HowToSend({ empty = false }: { empty?: boolean }) {
  return (
    <section className="section" aria-label="How a model is watched">
      <details className="environment" open={empty}>
        <summary>{empty ? "How a model is watched" : "Watch another model"}</summary>
        <div className="ways">
          {WAYS.map(({ title, words, code }) => (
            <div key={title}>
              <h3>{title}</h3>
              <p className="quiet">{words}</p>
              <div className="copied">
                <pre>{code}</pre>
              </div>
            </div>
          ))}
        </div>
        <p className="quiet">
          All of it ends in histograms that add up; the project's docs/drift.md has the forms. A reference to compare
          with is made by <code>lockstep baseline create MODEL --window A..B</code>; without one the same hour of the
          weeks before is taken.
        </p>
      </details>
    </section>
  );
}
