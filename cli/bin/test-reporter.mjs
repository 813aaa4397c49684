/** A vitest reporter beside the default one: writes what test.mjs adds up into the file LOCKSTEP_TEST_SUMMARY names. */
import { writeFileSync } from "node:fs";
import { relative } from "node:path";

export default class SummaryReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const summary = { passed: 0, failed: [], skipped: [] };
    for (const module of modules) {
      const file = relative(process.cwd(), module.moduleId);
      let tests = 0;
      for (const test of module.children.allTests()) {
        tests += 1;
        const result = test.result();
        const name = `${file}: ${test.fullName}`;
        if (result.state === "passed") summary.passed += 1;
        else if (result.state === "failed") summary.failed.push(name);
        else
          summary.skipped.push({
            name,
            why: result.note ?? (hookFailed(test) ? "what it needs could not be set up" : "no reason given"),
          });
      }
      // A file that cannot be loaded, or a hook that fails, has no failed test of its own.
      if (module.errors().length > 0 || (tests === 0 && module.state() === "failed")) summary.failed.push(file);
      for (const suite of module.children.allSuites()) {
        if (suite.errors().length > 0) summary.failed.push(`${file}: ${suite.fullName} (a hook)`);
      }
    }
    for (const error of unhandledErrors) summary.failed.push(`outside of any test: ${error.message}`);
    writeFileSync(process.env.LOCKSTEP_TEST_SUMMARY, JSON.stringify(summary));
  }
}

/** Tests below a failed beforeAll are reported as skipped. */
function hookFailed(test) {
  for (let parent = test.parent; parent !== undefined; parent = parent.parent) {
    if (parent.type !== "suite") return false;
    if (parent.errors().length > 0) return true;
  }
  return false;
}
