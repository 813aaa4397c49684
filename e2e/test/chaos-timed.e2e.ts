/** The troubles whose figures are times, with nothing beside them. */
import { describe, test } from "vitest";
import { SCENARIOS } from "../src/chaos/scenarios.ts";
import { cannotRun, isTimed, runShortForm, SHORT_FORM_LIMIT_MS, SHORT_FORM_TITLE } from "../src/chaos/short-form.ts";

describe.skipIf(cannotRun)("chaos, timed", () => {
  test.each(SCENARIOS.filter(isTimed))(SHORT_FORM_TITLE, runShortForm, SHORT_FORM_LIMIT_MS);
});
