"use client";
import { useTimeZone } from "../../../components/time-zone.tsx";
import { formatAbsolute } from "../../../format/time.ts";
import { formatUnit, UNKNOWN } from "../../../format/unit.ts";
import type { VersionState } from "../../../models/ranking.ts";
import { distanceText, methodShort } from "../../../models/verdicts.ts";
import { whenText } from "../../../models/when.ts";
import { FeatureLink } from "../feature-link.tsx";
import { VerdictMark } from "../verdict-mark.tsx";

const SHOWN = 10;

type VersionsProps = { readonly versions: readonly VersionState[]; readonly model: string; readonly atMs: number };

/** The newest first, each against the one before. */
export function Versions({ versions, model, atMs }: VersionsProps) {
  const zone = useTimeZone();
  if (versions.length < 2) return null;
  const all = versions.reduce((sum, { rows }) => sum + rows, 0);
  return (
    <section className="section" aria-label="Versions">
      <h2>
        {sentence(versions)} <span className="quiet small">each against the one before it</span>
      </h2>
      <div className="table-frame">
        <table className="plain">
          <thead>
            <tr>
              <th>Version</th>
              <th className="figure">Began</th>
              <th className="figure">Last heard</th>
              <th className="figure">Rows</th>
              <th className="figure">Share of rows</th>
              <th>Against the one before</th>
              <th>Most</th>
              <th className="figure">Distance</th>
              <th className="figure">Threshold</th>
            </tr>
          </thead>
          <tbody>
            {versions.slice(0, SHOWN).map(({ version, firstMs, lastMs, rows, against }) => (
              <tr key={version}>
                <td>{version === "" ? <span className="quiet">not told</span> : version}</td>
                <td className="figure" title={formatAbsolute(firstMs, zone)}>
                  {whenText(firstMs, atMs, zone)}
                </td>
                <td className="figure" title={formatAbsolute(lastMs, zone)}>
                  {whenText(lastMs, atMs, zone)}
                </td>
                <td className="figure">{formatUnit(rows, "count")}</td>
                <td className="figure">{all > 0 ? formatUnit((100 * rows) / all, "percent") : UNKNOWN}</td>
                <td>
                  {against === null ? (
                    <span className="quiet">not compared</span>
                  ) : (
                    <VerdictMark
                      verdict={against.differing > 0 ? "drift" : "no_drift"}
                      words={against.differing > 0 ? `${against.differing} of ${against.features} differ` : "alike"}
                    />
                  )}
                </td>
                <td>
                  {against === null ? (
                    UNKNOWN
                  ) : (
                    <FeatureLink model={model} feature={against.feature} kind={against.kind} />
                  )}
                </td>
                <td className="figure">
                  {against === null ? UNKNOWN : `${methodShort(against.method)} ${distanceText(against.distance)}`}
                </td>
                <td className="figure">{against === null ? UNKNOWN : distanceText(against.threshold)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function sentence(versions: readonly VersionState[]): string {
  const differing = versions.find(({ against }) => (against?.differing ?? 0) > 0);
  if (differing?.against == null) return "Versions";
  return `Version ${differing.version} differs from the one before in ${differing.against.feature}`;
}
