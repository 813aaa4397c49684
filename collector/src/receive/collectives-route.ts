/** `POST /v1/collectives`: answers 202 with what was accepted, or the error with its line. */
import { idempotencyKey, jsonAnswer, type PostRoute } from "./post-route.ts";
import type { PostedLines } from "./posted-lines.ts";

const MAX_BODY_BYTES = 4 * 2 ** 20;

export function collectivesRoute(lines: Pick<PostedLines, "take">): PostRoute {
  return {
    maxBytes: MAX_BODY_BYTES,
    async take(body, request) {
      const result = await lines.take(body, idempotencyKey(request));
      if (result.status === 202) return jsonAnswer(202, { accepted: result.accepted, repeated: result.repeated });
      return jsonAnswer(result.status, { error: result.message, line: result.line });
    },
    refusal: (status, message) => jsonAnswer(status, { error: message }),
  };
}
