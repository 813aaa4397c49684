/** The alert rules that ship, by Prometheus' own tool; and that whoever is paged finds what to do. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const rules = `${root}dashboards/rules/`;
const files = readdirSync(rules).filter((file) => file.endsWith(".yml"));
const tests = files.filter((file) => file.endsWith(".test.yml"));
const shipped = files.filter((file) => !file.endsWith(".test.yml"));

function promtool(argv: readonly string[]) {
  return spawnSync("promtool", argv, { cwd: rules, encoding: "utf8", timeout: 60_000 });
}

const present = promtool(["--version"]).status === 0;
if (!present) console.log("skipped: no promtool on this machine, so the alert rules are not run");

type Rule = { alert: string; labels: Record<string, string>; annotations: Record<string, string> };
const alerts = shipped.flatMap((file): Rule[] =>
  parse(readFileSync(`${rules}${file}`, "utf8")).groups.flatMap(({ rules }: { rules: Rule[] }) =>
    rules.filter(({ alert }) => alert !== undefined),
  ),
);

describe("alert rules", () => {
  test.skipIf(!present).each(shipped)("%s is taken by promtool", (file) => {
    const { status, stdout, stderr } = promtool(["check", "rules", file]);
    expect(`${stdout}${stderr}`).toContain("SUCCESS");
    expect(status).toBe(0);
  });

  test.skipIf(!present).each(tests)("%s holds", (file) => {
    const { status, stdout, stderr } = promtool(["test", "rules", file]);
    expect(status, `${stdout}${stderr}`).toBe(0);
  });

  test("each has a severity, a summary and a runbook that is there", () => {
    expect(alerts.length).toBeGreaterThan(10);
    for (const { alert, labels, annotations } of alerts) {
      expect(labels["severity"], alert).toMatch(/^(page|ticket)$/);
      expect(annotations["summary"], alert).toBeTruthy();
      const runbook = `${root}${annotations["runbook_url"]}`;
      expect(existsSync(runbook), runbook).toBe(true);
      expect(readFileSync(runbook, "utf8")).toContain(`# ${alert}\n`);
    }
  });

  test("each is tested by one that fires", () => {
    const tested = tests.map((file) => readFileSync(`${rules}${file}`, "utf8")).join("\n");
    for (const { alert } of alerts)
      expect(tested).toMatch(new RegExp(`alertname: ${alert}\\n\\s+exp_alerts:\\n\\s+- `));
  });
});
