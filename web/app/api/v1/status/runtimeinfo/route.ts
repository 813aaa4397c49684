import { runtimeInfo } from "../../../../../data/prometheus-status.ts";
import { apiRoute } from "../../api-route.ts";

export const dynamic = "force-dynamic";

export const GET = apiRoute("status/runtimeinfo", async () => runtimeInfo(Date.now(), process.uptime()));
export const POST = GET;
