/** Each way to trouble a deployment, in its short form; `npm run chaos` has the long ones. */
import { describe, test } from "vitest";
import { SCENARIOS } from "../src/chaos/scenarios.ts";
import { cannotRun, isTimed, runShortForm, SHORT_FORM_LIMIT_MS, SHORT_FORM_TITLE } from "../src/chaos/short-form.ts";

describe.skipIf(cannotRun)("chaos", () => {
  const scenarios = SCENARIOS.filter((scenario) => !isTimed(scenario));
  test.concurrent.each(scenarios)(SHORT_FORM_TITLE, runShortForm, SHORT_FORM_LIMIT_MS);
});
