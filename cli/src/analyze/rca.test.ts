import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { judgeRca, rcaJson, rcaText } from "./rca.ts";

const folder = mkdtempSync(join(tmpdir(), "lockstep-rca-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function writeCase(): string {
  const issue = join(folder, "train", "issue_0");
  mkdirSync(issue, { recursive: true });
  mkdirSync(join(folder, "noissue"), { recursive: true });
  const header =
    "c,site,site,db,db\nm,latency,requests,latency,requests\ns,Average,Sum,Average,Sum\nunix_timestamp,,,,\n";
  const usual = Array.from({ length: 20 }, (_, i) => `${i * 60},${1 + (i % 3) / 100},10,${0.5 + (i % 2) / 100},10`);
  writeFileSync(join(folder, "noissue", "metrics.csv"), `${header}${usual.join("\n")}\n`);
  writeFileSync(join(issue, "metrics.csv"), `${header}6000,1,10,0.5,10\n6060,2,10,1.5,10\n6120,2,10,1.5,10\n`);
  writeFileSync(join(folder, "graph.csv"), ",site,db\nsite,0,1\ndb,0,0\n");
  const target = { node: "site", metric: "latency", agg: "Average", timestamp: 6070 };
  writeFileSync(join(issue, "target.json"), JSON.stringify({ target }));
  return issue;
}

test("a case is judged from its files, in words and for programs", () => {
  const verdict = judgeRca(writeCase(), "/");
  const json = rcaJson(verdict);
  expect(json.confidence).toBe("high");
  expect(json.ranking[0]).toMatchObject({ node: "db", onset: 6060, evidence: { standing: "explains" } });
  expect(rcaText(verdict).join("\n")).toContain("db: ");
});

test("what is missing is named", () => {
  expect(() => judgeRca(folder, "/")).toThrow(/cannot read .*target\.json/);
  const issue = writeCase();
  rmSync(join(folder, "graph.csv"));
  expect(() => judgeRca(issue, "/")).toThrow(/found no graph\.csv/);
});

const SHARED = fileURLToPath(new URL("../../../../shared/samples/rca/petshop", import.meta.url));
if (!existsSync(SHARED)) console.log("cases of root causes: ../shared/samples is absent, skipped");

test.skipIf(!existsSync(SHARED))("recorded cases: the right one first, more often than is published", () => {
  const places = readdirSync(SHARED).flatMap((traffic) =>
    readdirSync(join(SHARED, traffic, "train")).map((issue) => {
      const path = join(SHARED, traffic, "train", issue);
      const truth = JSON.parse(readFileSync(join(path, "target.json"), "utf8")).root_cause.node;
      const place = judgeRca(path, "/").ranking.findIndex(({ entity }) => entity === truth);
      return place < 0 ? Number.POSITIVE_INFINITY : place + 1;
    }),
  );
  const within = (most: number) => places.filter((place) => place <= most).length / places.length;
  const average = [1, 2, 3, 4, 5].reduce((sum, most) => sum + within(most), 0) / 5;
  console.log(`${places.length} cases: AC@1 ${within(1).toFixed(3)}, Avg@5 ${average.toFixed(3)}`);
  expect(within(1)).toBeGreaterThanOrEqual(0.75);
  expect(average).toBeGreaterThanOrEqual(0.85);
});
