import type { Scenario } from "./scenario.ts";
import { delay } from "./scenarios/delay.ts";
import { kafkaAway } from "./scenarios/kafka-away.ts";
import { kills } from "./scenarios/kills.ts";
import { poison } from "./scenarios/poison.ts";
import { rebalance } from "./scenarios/rebalance.ts";
import { resend } from "./scenarios/resend.ts";
import { zombie } from "./scenarios/zombie.ts";

export const SCENARIOS: readonly Scenario[] = [kills, kafkaAway, resend, zombie, poison, rebalance, delay];
