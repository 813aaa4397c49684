/** The parameters of the Prometheus HTTP API as they come from a URL or a form, and its error answer. */
import { z } from "zod";
import { parseSecondsOrDuration, parseTimestamp } from "./prometheus-time.ts";

function parsed<T>(parse: (text: string) => T | undefined, expected: string) {
  return z.string().transform((text, context): T => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue(`found ${JSON.stringify(text.slice(0, 60))}, expected ${expected}`);
    return z.NEVER;
  });
}

const timestamp = () => parsed(parseTimestamp, "a Unix time in seconds or RFC 3339, such as 2026-11-23T10:00:00Z");
const duration = () => parsed(parseSecondsOrDuration, "a duration such as 15s, or seconds");
const positive = () =>
  duration().refine((ms) => ms > 0, { error: "found zero or less, expected a duration above zero, such as 15s" });
/** 0, as absence, means no limit. */
const limit = () =>
  parsed((text) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined), "a whole number of 0 or more").optional();
const query = () => z.string({ error: "found none, expected a PromQL selector" });

const evaluation = {
  query: query(),
  timeout: positive().optional(),
  lookback_delta: positive().optional(),
  limit: limit(),
};

/** Times and durations in milliseconds. */
export const instantQueryParams = z.object({ ...evaluation, time: timestamp().optional() });
export type InstantQueryParams = z.infer<typeof instantQueryParams>;

/** More steps than these are more than any screen shows. */
const MAX_STEPS = 11_000;

export const rangeQueryParams = z
  .object({
    ...evaluation,
    start: timestamp(),
    end: timestamp(),
    step: positive(),
  })
  .refine(({ start, end }) => end >= start, { path: ["end"], error: "found a time before start, expected a later one" })
  .refine(({ start, end, step }) => (end - start) / step <= MAX_STEPS, {
    path: ["step"],
    error: `found more than ${MAX_STEPS.toLocaleString("en")} points a series, expected a longer step or a shorter range`,
  });
export type RangeQueryParams = z.infer<typeof rangeQueryParams>;

const period = { start: timestamp().optional(), end: timestamp().optional(), limit: limit() };
const selectors = z.array(z.string()).max(64, "found more than 64 selectors, expected fewer");
const inOrder = ({ start, end }: { start?: number | undefined; end?: number | undefined }) =>
  start === undefined || end === undefined || end >= start;
const BACKWARDS = { path: ["end"], error: "found a time before start, expected a later one" };

export const seriesParams = z
  .object({ ...period, "match[]": selectors.min(1, "found none, expected at least one selector") })
  .refine(inOrder, BACKWARDS);
export type SeriesParams = z.infer<typeof seriesParams>;

export const labelsParams = z.object({ ...period, "match[]": selectors }).refine(inOrder, BACKWARDS);
export type LabelsParams = z.infer<typeof labelsParams>;

export const targetsParams = z.object({
  state: z.string().toLowerCase().default("any"),
  scrapePool: z.string().optional(),
});
export type TargetsParams = z.infer<typeof targetsParams>;

export const metadataParams = z.object({ metric: z.string().optional(), limit: limit(), limit_per_metric: limit() });
export type MetadataParams = z.infer<typeof metadataParams>;

export const tsdbParams = z.object({ limit: limit() });
export type TsdbParams = z.infer<typeof tsdbParams>;

export type PrometheusErrorType =
  | "bad_data"
  | "execution"
  | "timeout"
  | "canceled"
  | "unavailable"
  | "internal"
  | "not_found"
  | "unauthorized"
  | "forbidden";

export type PrometheusError = {
  readonly status: "error";
  readonly errorType: PrometheusErrorType;
  readonly error: string;
};
