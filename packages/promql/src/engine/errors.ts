/** Why an expression that parses cannot be evaluated on the data. */

/** What Prometheus answers with its error type `execution`. */
export class EvaluationError extends Error {
  readonly code = "execution";
  readonly retriable = false;
  constructor(message: string) {
    super(message);
    this.name = "EvaluationError";
  }
}

/** PromQL that Prometheus evaluates and this engine does not: native histograms and some experimental functions. */
export class NotSupportedError extends Error {
  readonly code = "unsupported";
  readonly retriable = false;
  constructor(message: string) {
    super(message);
    this.name = "NotSupportedError";
  }
}

/** A limit on the query; the message tells which, how far it got and what would fit. */
export class QueryLimitError extends Error {
  readonly code = "limit";
  readonly retriable = false;
  constructor(message: string) {
    super(message);
    this.name = "QueryLimitError";
  }
}

export function duplicateLabels(): EvaluationError {
  return new EvaluationError("vector cannot contain metrics with the same labelset");
}
