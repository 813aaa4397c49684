import { successBody } from "../../../../data/prometheus-json.ts";
import { apiRoute } from "../api-route.ts";

export const dynamic = "force-dynamic";

/** Exemplars are not kept; an empty answer is what a Prometheus without their storage gives. */
export const GET = apiRoute("query_exemplars", async () => successBody(["[]"]));
export const POST = GET;
