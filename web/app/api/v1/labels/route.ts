import { labelsParams } from "@lockstep/schemas/api/prometheus";
import { parseParams } from "../../../../data/prometheus-params.ts";
import { labelNames } from "../../../../data/prometheus-series.ts";
import { querySource } from "../../../../data/prometheus-source.ts";
import { apiRoute } from "../api-route.ts";

export const dynamic = "force-dynamic";

export const GET = apiRoute("labels", (params, _segments, signal) =>
  labelNames(querySource(signal), parseParams(labelsParams, params)),
);
export const POST = GET;
