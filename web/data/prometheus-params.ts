import type { z } from "zod";
import { ApiError, badParameters } from "./prometheus-error.ts";

/** Longer than any set of selectors a person or a dashboard sends. */
const MAX_FORM_BYTES = 1024 * 1024;
/** The one parameter that may be given more than once. */
const REPEATED = "match[]";

/** The parameters of the URL and, of a POST, of its form, which come first. Rejects with ApiError. */
export async function requestParams(request: Request): Promise<URLSearchParams> {
  const fromUrl = new URL(request.url).searchParams;
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(request.headers.get("content-type") ?? "");
  if (request.method !== "POST" || !isForm) return fromUrl;
  const params = new URLSearchParams(await readBounded(request));
  for (const [name, value] of fromUrl) params.append(name, value);
  return params;
}

async function readBounded(request: Request): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request.body ?? []) {
    size += part.length;
    if (size > MAX_FORM_BYTES)
      throw new ApiError("bad_data", `found a form above ${MAX_FORM_BYTES} bytes, expected less`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** Parameters as the schema wants them; unknown ones are ignored, as Prometheus does. Throws ApiError `bad_data`. */
export function parseParams<Schema extends z.ZodType>(schema: Schema, params: URLSearchParams): z.infer<Schema> {
  const given: Record<string, string | string[]> = { [REPEATED]: params.getAll(REPEATED) };
  for (const name of new Set(params.keys())) {
    const first = params.get(name);
    // An empty parameter is one not given: forms send all their fields.
    if (name !== REPEATED && first !== null && (first !== "" || name === "query")) given[name] = first;
  }
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw badParameters(parsed.error);
  return parsed.data;
}
