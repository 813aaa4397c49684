import { targetsParams } from "@lockstep/schemas/api/prometheus";
import { parseParams } from "../../../../data/prometheus-params.ts";
import { targets } from "../../../../data/prometheus-targets.ts";
import { getStore } from "../../../../data/store.ts";
import { apiRoute } from "../api-route.ts";

export const dynamic = "force-dynamic";

export const GET = apiRoute("targets", (params) => targets(getStore(), parseParams(targetsParams, params)));
export const POST = GET;
