import { buildInfo } from "../../../../../data/prometheus-build-info.ts";
import { successBody } from "../../../../../data/prometheus-json.ts";
import { apiRoute } from "../../api-route.ts";

export const dynamic = "force-dynamic";

export const GET = apiRoute("status/buildinfo", async () => successBody([JSON.stringify(buildInfo())]));
export const POST = GET;
