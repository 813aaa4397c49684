import { z } from "zod";
import { nearest } from "./problem.ts";

/** What a scalar of this schema looks like; `found` is what stands there, for a near miss of a fixed word. */
export function expectation(schema: z.core.$ZodType, found = ""): string {
  if (schema instanceof z.ZodPipe) {
    return expectation(schema.out, found);
  }
  if (schema instanceof z.ZodEnum) {
    const options = schema.options.map(String);
    const near = nearest(found, options);
    return `one of ${options.join(", ")}${near === undefined ? "" : ` (did you mean "${near}"?)`}`;
  }
  if (schema instanceof z.ZodBoolean) {
    return "true or false";
  }
  if (schema instanceof z.ZodNumber) {
    const { minValue, maxValue } = schema;
    const bounded = maxValue !== null && maxValue < Number.MAX_SAFE_INTEGER;
    return bounded ? `a whole number from ${minValue} to ${maxValue}` : "a whole number, 0 or more";
  }
  return textExpectation(schema);
}

function textExpectation(schema: z.core.$ZodType): string {
  switch (schema instanceof z.ZodStringFormat ? schema.format : undefined) {
    case "duration":
      return "a duration such as 30s, 5m or 1h30m";
    case "size":
      return "a size such as 512MB or 10GB";
    case "url":
      return "a URL such as http://127.0.0.1:8123";
    case "broker":
      return "host:port, such as kafka-1:9092";
    case "shard":
      return "INDEX/COUNT with an index from 1 to the count, such as 2/3";
    case "score":
      return "a number between 0 and 1, such as 0.5";
    case "topic prefix":
      return "letters, digits, '.', '_' and '-', at most 200";
    default:
      return "a text";
  }
}
