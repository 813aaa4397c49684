import { instantQueryParams } from "@lockstep/schemas/api/prometheus";
import { parseParams } from "../../../../data/prometheus-params.ts";
import { instantQuery } from "../../../../data/prometheus-query.ts";
import { querySource } from "../../../../data/prometheus-source.ts";
import { apiRoute } from "../api-route.ts";

export const dynamic = "force-dynamic";

export const GET = apiRoute("query", (params, _segments, signal) =>
  instantQuery(querySource(signal), parseParams(instantQueryParams, params), Date.now()),
);
export const POST = GET;
