import { labelsParams } from "@lockstep/schemas/api/prometheus";
import { parseParams } from "../../../../../../data/prometheus-params.ts";
import { labelValues } from "../../../../../../data/prometheus-series.ts";
import { querySource } from "../../../../../../data/prometheus-source.ts";
import { apiRoute } from "../../../api-route.ts";

export const dynamic = "force-dynamic";

export const GET = apiRoute<{ name: string }>("label/[name]/values", (params, { name }, signal) =>
  labelValues(querySource(signal), name, parseParams(labelsParams, params)),
);
export const POST = GET;
