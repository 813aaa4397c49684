import { formatUnit } from "../../format/unit.ts";
import type { StageShare } from "../../pipeline/bottleneck.ts";
import { stageColour } from "./stage-colour.ts";

/** The mean delay from scrape to query, to scale. */
export function DelayBar({ stages }: { stages: readonly StageShare[] }) {
  if (stages.length === 0) return null;
  const all = stages.reduce((sum, stage) => sum + stage.delay.mean, 0);
  return (
    <figure className="delay-bar">
      <h3>
        Where the time goes <span className="quiet">{formatUnit(all, "seconds")} on average</span>
      </h3>
      <div className="strip" aria-hidden="true">
        {stages.map((stage, index) => (
          <i
            key={stage.id}
            style={{ flexGrow: Math.max(stage.share, 0.002), background: stageColour(index) }}
            title={`${stage.words}: ${formatUnit(stage.delay.mean, "seconds")}`}
          />
        ))}
      </div>
      <ul className="legend">
        {stages.map((stage, index) => (
          <li key={stage.id}>
            <span className="swatch" style={{ background: stageColour(index) }} />
            {stage.words}
            <span className="figure">
              {formatUnit(stage.delay.mean, "seconds")} ({Math.round(stage.share * 100)} %)
            </span>
          </li>
        ))}
      </ul>
    </figure>
  );
}
