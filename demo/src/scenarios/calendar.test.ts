import { expect, test } from "vitest";
import { describeCluster } from "../model/cluster.ts";
import { DEFAULT_LAYOUT } from "../model/layout.ts";
import { servedModels } from "../serving/served-models.ts";
import { weekendDecoys } from "./calendar.ts";

const models = servedModels(describeCluster(DEFAULT_LAYOUT));

test.each([
  { name: "Wednesday", now: "2026-11-18T09:00Z", active: false, since: "2026-11-21T00:00:00.000Z" },
  { name: "the last moment of Friday", now: "2026-11-20T23:59Z", active: false, since: "2026-11-21T00:00:00.000Z" },
  { name: "Saturday", now: "2026-11-21T00:00Z", active: true, since: "2026-11-21T00:00:00.000Z" },
  { name: "the last moment of Sunday", now: "2026-11-22T23:59Z", active: true, since: "2026-11-21T00:00:00.000Z" },
  { name: "Monday", now: "2026-11-23T00:00Z", active: false, since: "2026-11-28T00:00:00.000Z" },
])("$name: the weekend of each model, a decoy", ({ now, active, since }) => {
  const decoys = weekendDecoys(models, Date.parse(now));
  expect(decoys.map(({ model }) => model)).toEqual(["chat-7b", "fraud-score"]);
  for (const decoy of decoys) expect(decoy).toMatchObject({ kind: "weekend-rhythm", decoy: true, active, since });
});
