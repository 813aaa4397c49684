import { metadataParams } from "@lockstep/schemas/api/prometheus";
import { parseParams } from "../../../../data/prometheus-params.ts";
import { metadata } from "../../../../data/prometheus-status.ts";
import { getStore } from "../../../../data/store.ts";
import { apiRoute } from "../api-route.ts";

export const dynamic = "force-dynamic";

export const GET = apiRoute("metadata", (params) => metadata(getStore(), parseParams(metadataParams, params)));
export const POST = GET;
