import { seriesParams } from "@lockstep/schemas/api/prometheus";
import { parseParams } from "../../../../data/prometheus-params.ts";
import { series } from "../../../../data/prometheus-series.ts";
import { querySource } from "../../../../data/prometheus-source.ts";
import { apiRoute } from "../api-route.ts";

export const dynamic = "force-dynamic";

export const GET = apiRoute("series", (params, _segments, signal) =>
  series(querySource(signal), parseParams(seriesParams, params)),
);
export const POST = GET;
