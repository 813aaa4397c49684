import { toApiError } from "../../../data/prometheus-error.ts";
import { streamOf } from "../../../data/prometheus-json.ts";
import { requestParams } from "../../../data/prometheus-params.ts";
import { measured } from "../../../data/web-metrics.ts";

type Context<Segments> = { readonly params: Promise<Segments> };

const JSON_TYPE = { "content-type": "application/json", "cache-control": "no-store" };

/** A route of the Prometheus API, `route` below /api/v1/: what `handle` gives is the body in pieces; what it throws, the API's error. */
export function apiRoute<Segments = unknown>(
  route: string,
  handle: (params: URLSearchParams, segments: Segments, signal: AbortSignal) => Promise<Iterator<string>>,
) {
  const answer = async (request: Request, context: Context<Segments>): Promise<Response> => {
    try {
      const body = await handle(await requestParams(request), await context.params, request.signal);
      return new Response(streamOf(body), { headers: JSON_TYPE });
    } catch (error) {
      const failure = toApiError(error);
      if (failure.code === "internal") console.error("the API could not answer", request.method, request.url, error);
      return new Response(JSON.stringify(failure.body()), { status: failure.status, headers: JSON_TYPE });
    }
  };
  return (request: Request, context: Context<Segments>): Promise<Response> =>
    measured(`/api/v1/${route}`, () => answer(request, context));
}
