"use client";
import { useQueryStates } from "nuqs";
import { TimeChart } from "../../../../components/chart/time-chart.tsx";
import { ProblemNotice, StaleNote } from "../../../../components/problem.tsx";
import { RangeLink } from "../../../../components/range-link.tsx";
import { useTimeZone } from "../../../../components/time-zone.tsx";
import { useRead } from "../../../../components/use-read.ts";
import type { FeatureData } from "../../../../data/feature.ts";
import type { Outcome } from "../../../../data/problem.ts";
import { annotationsOf } from "../../../../models/annotations.ts";
import { featureHeadline } from "../../../../models/headlines.ts";
import { modelPath } from "../../../../models/paths.ts";
import { methodShort } from "../../../../models/verdicts.ts";
import { whenText } from "../../../../models/when.ts";
import { MarksList } from "../../marks-list.tsx";
import { ModelFindingList } from "../../model-finding-list.tsx";
import { StretchNote } from "../../stretch-note.tsx";
import { PastFindings } from "../past-findings.tsx";
import { CalibrationPlot } from "./calibration-plot.tsx";
import { HistogramSection } from "./histogram-section.tsx";
import { RestsOn } from "./rests-on.tsx";
import { featureParsers } from "./search-params.ts";
import { Segments } from "./segments.tsx";

type FeatureViewProps = {
  readonly model: string;
  readonly feature: string;
  readonly initial: Outcome<FeatureData | null>;
};

export function FeatureView({ model, feature, initial }: FeatureViewProps) {
  const [search, setSearch] = useQueryStates(featureParsers);
  const { kind, baseline, version, at } = search;
  const { data, problem } = useRead<FeatureData | null>(
    "feature",
    {
      ...{ model, feature },
      ...(kind !== null && { kind }),
      ...(baseline !== null && { baseline }),
      ...(version !== null && { version }),
      ...(at !== null && { at: String(at) }),
    },
    initial,
  );
  const zone = useTimeZone();
  if (data === null) {
    return (
      <main className="page">
        <h1>{feature}</h1>
        {problem === null ? (
          <p className="quiet">Nothing of this feature was ever observed.</p>
        ) : (
          <ProblemNotice problem={problem} />
        )}
      </main>
    );
  }
  const title = featureHeadline(data, (ms) => whenText(ms, data.atMs, zone));
  const open = data.findings.filter(({ closedMs, summary }) => closedMs === null && summary !== title);
  const began = data.findings.filter((finding) => finding.kind === "drift").map(({ fromMs }) => fromMs);
  return (
    <main className="page models">
      <StaleNote problem={problem} />
      <div className="headline">
        <div className="title">
          <span className="crumb">
            <RangeLink href="/models">Models</RangeLink> › <RangeLink href={modelPath(model)}>{model}</RangeLink> ›
          </span>
          <h1>{title}</h1>
        </div>
        <p className="quiet">
          {KINDS[data.kind] ?? data.kind} of {model}
          {data.window === null || data.window.version === "" ? "" : `, version ${data.window.version}`}
          {data.kinds.length < 2 ? null : (
            <>
              {" · also observed as "}
              {data.kinds
                .filter((each) => each !== data.kind)
                .map((each) => (
                  <button
                    key={each}
                    type="button"
                    className="inline-link"
                    onClick={() => void setSearch({ kind: each, at: null, baseline: null, version: null })}
                  >
                    {each}
                  </button>
                ))}
            </>
          )}
          <StretchNote {...data} />
        </p>
      </div>
      <ModelFindingList findings={open} atMs={data.atMs} />
      <HistogramSection data={data} />
      {data.window === null ? null : (
        <section className="section" aria-label="Distance over time">
          <TimeChart
            id="distance"
            title={
              <>
                Distance over time <span className="quiet">with its threshold, and what chance alone would make</span>
              </>
            }
            times={data.times}
            lines={[
              { name: methodShort(data.window.method), values: data.lines.distance },
              { name: "threshold", values: data.lines.threshold },
            ]}
            unit="count"
            zero
            band={{
              name: "expected noise",
              low: data.lines.expected.map((value) => (value === null ? null : 0)),
              high: data.lines.expected,
            }}
            annotations={annotationsOf(data.marks, began)}
            firstColour={7}
          />
          <MarksList marks={data.marks} drift={began.length > 0} atMs={data.atMs} />
        </section>
      )}
      <Segments data={data} />
      {data.calibration === null ? null : <CalibrationPlot calibration={data.calibration} />}
      <RestsOn data={data} />
      <PastFindings findings={data.findings} />
    </main>
  );
}

const KINDS: Readonly<Record<string, string>> = {
  input: "Input",
  prediction: "Prediction",
  score: "Score",
  latency: "Latency",
};
