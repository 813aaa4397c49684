"use client";
import { Sparkline } from "../../../components/chart/sparkline.tsx";
import { brokenReplicas, type ReplicaState, replicaSentence } from "../../../models/ranking.ts";
import { distanceText, methodShort } from "../../../models/verdicts.ts";
import { FeatureLink } from "../feature-link.tsx";
import { VerdictMark } from "../verdict-mark.tsx";

const SHOWN = 12;

/** One that differs is broken; where all move together the data changed. */
export function Replicas({
  replicas,
  drifts,
  model,
}: {
  replicas: readonly ReplicaState[];
  drifts: boolean;
  model: string;
}) {
  const sentence = replicaSentence(replicas, drifts);
  if (sentence === null) return null;
  const broken = brokenReplicas(replicas);
  return (
    <section className="section" aria-label="Replicas">
      <h2>
        {sentence} <span className="quiet small">each against the others at the same time</span>
      </h2>
      <div className="table-frame">
        <table className="plain">
          <thead>
            <tr>
              <th>Replica</th>
              <th>Against the others</th>
              <th className="figure">Features that differ</th>
              <th>Most</th>
              <th className="figure">Distance</th>
              <th className="figure">Threshold</th>
              <th>over time</th>
            </tr>
          </thead>
          <tbody>
            {replicas.slice(0, SHOWN).map((state) => (
              <tr key={state.replica}>
                <td className="mono">{state.replica}</td>
                <td>
                  <VerdictMark
                    verdict={state.verdict}
                    {...(state.verdict === "drift"
                      ? { words: broken.includes(state) || broken.length === 0 ? "differs" : "differs less" }
                      : {})}
                    {...(state.verdict === "no_drift" ? { words: "alike" } : {})}
                  />
                </td>
                <td className="figure">
                  {state.differing} of {state.features}
                </td>
                <td>
                  <FeatureLink model={model} feature={state.feature} kind={state.kind} />
                </td>
                <td className="figure">
                  {methodShort(state.method)} {distanceText(state.distance)}
                </td>
                <td className="figure">{distanceText(state.threshold)}</td>
                <td>
                  <Sparkline values={state.history} label={`Distance over threshold of ${state.replica}`} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {replicas.length > SHOWN ? (
          <p className="quiet small">and {replicas.length - SHOWN} more, nearer to the others than these</p>
        ) : null}
      </div>
    </section>
  );
}
