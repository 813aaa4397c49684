/**
 * A read query is a value: its SQL with `{name:Type}` parameters, their values, and the schema every row must fit.
 * `packages/store` runs it; golden tests pin its SQL; web and watch use the same ones.
 */
import type { z } from "zod";

export type QueryParams = Readonly<Record<string, string | number | boolean | readonly (string | number)[]>>;

export type Query<Row> = {
  /** Becomes ClickHouse's log_comment and names the query in errors and self-metrics. */
  readonly name: string;
  readonly sql: string;
  readonly params: QueryParams;
  readonly row: z.ZodType<Row>;
};
