import { ApiError } from "../../../../data/prometheus-error.ts";
import { apiRoute } from "../api-route.ts";

export const dynamic = "force-dynamic";

export const GET = apiRoute<{ path?: string[] }>("*", async (_params, { path }) => {
  throw new ApiError("not_found", `there is nothing at /api/v1/${path?.join("/") ?? ""}`);
});
export const POST = GET;
