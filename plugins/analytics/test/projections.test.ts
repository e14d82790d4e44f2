import type { StoredEvent } from "@crmessenger/kernel/infrastructure";
import { describeProjection } from "@crmessenger/testing";
import fc from "fast-check";
import { conversationProjection } from "../src/facts/conversation-projection.ts";
import { leadProjection } from "../src/facts/lead-projection.ts";
import { leadStayProjection } from "../src/facts/lead-stay-projection.ts";
import { messageProjection } from "../src/facts/message-projection.ts";
import { play, steps } from "./naive/history.ts";

/** Enough for everything to happen several times. */
const happened = fc.sample(steps, { seed: 11, numRuns: 4 }).flat();

const history = (): readonly StoredEvent[] =>
  play("default", "2025-10-25T18:00:00.000Z", happened).map((event, index) => ({
    ...event,
    id: `event-${index}`,
    position: index + 1,
  }));

describeProjection({ name: "lead", projection: leadProjection, history });
describeProjection({ name: "lead-stay", projection: leadStayProjection, history });
describeProjection({ name: "conversation", projection: conversationProjection, history });
describeProjection({ name: "message", projection: messageProjection, history });
