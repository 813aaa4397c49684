import { tsdbParams } from "@lockstep/schemas/api/prometheus";
import { parseParams } from "../../../../../data/prometheus-params.ts";
import { tsdbStatus } from "../../../../../data/prometheus-status.ts";
import { getStore } from "../../../../../data/store.ts";
import { apiRoute } from "../../api-route.ts";

export const dynamic = "force-dynamic";

export const GET = apiRoute("status/tsdb", (params) =>
  tsdbStatus(getStore(), parseParams(tsdbParams, params), Date.now()),
);
export const POST = GET;
