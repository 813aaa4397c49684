import { rangeQueryParams } from "@lockstep/schemas/api/prometheus";
import { parseParams } from "../../../../data/prometheus-params.ts";
import { rangeQuery } from "../../../../data/prometheus-query.ts";
import { querySource } from "../../../../data/prometheus-source.ts";
import { apiRoute } from "../api-route.ts";

export const dynamic = "force-dynamic";

export const GET = apiRoute("query_range", (params, _segments, signal) =>
  rangeQuery(querySource(signal), parseParams(rangeQueryParams, params)),
);
export const POST = GET;
