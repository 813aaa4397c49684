/**
 * `POST /v1/metrics`: OTLP/HTTP in protobuf or JSON. Histograms that name a model become rows of `histograms`, all else
 * ordinary series. Points that cannot be taken are told as OTLP wants it; where no point of a request can be taken it is
 * refused with 400.
 */
import type { IncomingMessage } from "node:http";
import { digest } from "@lockstep/formats/observations/identity";
import {
  CONTENT_TYPES,
  exportAnswer,
  type OtlpEncoding,
  type PartialSuccess,
  statusAnswer,
} from "@lockstep/formats/otlp/answer";
import { type Metric, OtlpError } from "@lockstep/formats/otlp/metrics";
import { readMetricsJson } from "@lockstep/formats/otlp/read-json";
import { readMetricsProtobuf } from "@lockstep/formats/otlp/read-protobuf";
import type { Intake } from "../publish/intake.ts";
import { MetricsIntake } from "../publish/metrics-intake.ts";
import { idempotencyKey, type PostAnswer, type PostRoute } from "./post-route.ts";

const MAX_BODY_BYTES = 16 * 2 ** 20;

export function metricsRoute(intake: Pick<Intake, "take">, now: () => number): PostRoute {
  return {
    maxBytes: MAX_BODY_BYTES,
    async take(body, request) {
      const encoding = encodingOf(request);
      if (encoding === undefined) {
        const expected = Object.values(CONTENT_TYPES).join(" or ");
        return refusal(
          "json",
          415,
          `found content-type ${request.headers["content-type"] ?? "nothing"}, expected ${expected}`,
        );
      }
      let metrics: readonly Metric[];
      try {
        metrics = encoding === "json" ? readMetricsJson(body) : readMetricsProtobuf(body);
      } catch (error) {
        if (error instanceof OtlpError) return refusal(encoding, 400, error.message);
        throw error;
      }
      const key = digest(`metrics\n${idempotencyKey(request) ?? digest(body)}`);
      const { accepted, rejected, message } = await intake.take(body.length, (known) =>
        new MetricsIntake(known, now()).decide(metrics, key),
      );
      if (accepted === 0 && rejected > 0) return refusal(encoding, 400, message);
      const partial: PartialSuccess | undefined =
        message === "" ? undefined : { rejectedDataPoints: rejected, errorMessage: message };
      return { status: 200, type: CONTENT_TYPES[encoding], content: exportAnswer(encoding, partial) };
    },
    refusal: (status, message, request) => refusal(encodingOf(request) ?? "json", status, message),
  };
}

function refusal(encoding: OtlpEncoding, status: number, message: string): PostAnswer {
  return { status, type: CONTENT_TYPES[encoding], content: statusAnswer(encoding, status, message) };
}

function encodingOf({ headers }: IncomingMessage): OtlpEncoding | undefined {
  const type = headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type === CONTENT_TYPES.json) return "json";
  return type === CONTENT_TYPES.protobuf || type === "application/protobuf" ? "protobuf" : undefined;
}
