import { type LeadStates, leadStates } from "@crmessenger/kernel/sales";
import { describe, expect, it } from "vitest";
import { amoCrmOptions } from "../options.ts";
import { amoStatusOf, ourStatusOf, stepsBetween } from "./status-map.ts";

const options = amoCrmOptions.parse({
  baseUrl: "https://example.amocrm.ru/",
  clientId: "c",
  redirectUri: "https://crm.example.com/hooks/amocrm/oauth",
  channelId: "ch",
  statuses: { "in-progress": 10, converted: 20 },
});
const states: LeadStates = {
  state: (status) => leadStates.find((one) => one.status === status),
  canTransition: (from, to) => leadStates.find(({ status }) => status === from)?.next.includes(to) ?? false,
  all: () => leadStates,
};

describe("statuses", () => {
  it("are mapped as the application says, and otherwise by amoCRM's two last columns", () => {
    expect(amoStatusOf(options, "in-progress")).toBe(10);
    expect(amoStatusOf(options, "converted")).toBe(20);
    expect(amoStatusOf(options, "disqualified")).toBe(143);
    expect(amoStatusOf(options, "new")).toBeUndefined();
    expect(ourStatusOf(options, 10)).toBe("in-progress");
    expect(ourStatusOf(options, 20)).toBe("converted");
    expect(ourStatusOf(options, 143)).toBe("disqualified");
    expect(ourStatusOf(options, 142)).toBeUndefined();
    expect(ourStatusOf(options, 99)).toBeUndefined();
  });

  it("are reached by the shortest way", () => {
    expect(stepsBetween(states, "new", "converted")).toEqual(["in-progress", "qualified", "converted"]);
    expect(stepsBetween(states, "new", "disqualified")).toEqual(["disqualified"]);
    expect(stepsBetween(states, "new", "new")).toEqual([]);
    expect(stepsBetween(states, "converted", "new")).toBeUndefined();
  });
});

describe("options", () => {
  it("know addresses without a slash at the end", () => {
    expect(options.baseUrl).toBe("https://example.amocrm.ru");
    expect(options.chatsUrl).toBe("https://amojo.amocrm.ru");
  });
});
