import { describe, expect, test } from "vitest";
import { z } from "zod";
import { SubscriptionCollector } from "../src/boot/subscriptions.ts";
import { EventDefinitions } from "../src/bus/event-catalogue.ts";
import { type EventDefinition, defineEvent, eventInVersion } from "../src/bus/event-definition.ts";
import { createEventDispatcher } from "../src/bus/event-dispatcher.ts";
import type { EventLog, NewEvent, StoredEvent } from "../src/infrastructure/event-log.ts";
import type { JsonObject } from "../src/infrastructure/json.ts";

const versions = { 1: z.object({ times: z.number() }), 2: z.object({ count: z.number(), loud: z.boolean() }) };
const Rang = defineEvent("bell.rang", versions, {
  1: {
    up: ({ times }) => ({ count: times, loud: false }),
    down: ({ count }) => ({ times: count }),
    loses: ["loud"],
  },
});
/** As a plugin holds it that was published before there was a version 2. */
const RangOf1 = defineEvent("bell.rang", { 1: versions[1] });
/** As a plugin holds it that is ahead of the application. */
const RangOf3 = defineEvent("bell.rang", { 3: z.object({ tones: z.number() }) });

const plugin = { id: "listener", permissions: [] };

function stored(version: number, payload: JsonObject): StoredEvent {
  return {
    id: "e1",
    position: 7,
    topic: "bell.rang",
    version,
    aggregate: { type: "bell", id: "b1" },
    payload,
    tenantId: "default",
    actor: { kind: "system", id: "system" },
    correlationId: "c1",
    causationId: null,
    occurredAt: "2026-01-05T09:00:00.000Z",
  };
}

/** What a subscriber of the definition gets of events in the log. */
async function delivered(definition: EventDefinition<unknown>, events: readonly StoredEvent[], known = [Rang]) {
  const seen: unknown[] = [];
  const collector = new SubscriptionCollector(plugin, new EventDefinitions(known as never));
  collector.on(definition as never, async ({ version, payload }) => void seen.push({ version, payload }));
  for (const subscription of collector.build()) await subscription.handle(events);
  return seen;
}

describe("a subscriber", () => {
  const log = [stored(1, { times: 2 }), stored(2, { count: 3, loud: true })];

  test("of version 1 gets every event in version 1", async () => {
    const expected = [
      { version: 1, payload: { times: 2 } },
      { version: 1, payload: { times: 3 } },
    ];
    expect(await delivered(Rang.at(1), log)).toEqual(expected);
    expect(await delivered(RangOf1, log)).toEqual(expected);
  });

  test("of the current version gets every event in that, old ones too", async () => {
    expect(await delivered(Rang, log)).toEqual([
      { version: 2, payload: { count: 2, loud: false } },
      { version: 2, payload: { count: 3, loud: true } },
    ]);
  });

  test("of a version that the application does not know yet is refused at boot, with both numbers", () => {
    const collector = new SubscriptionCollector(plugin, new EventDefinitions([Rang]));
    expect(() => collector.on(RangOf3 as never, async () => undefined)).toThrowError(
      expect.objectContaining({
        code: "CRM_EVENT_VERSION",
        message: expect.stringMatching(/"listener" was written for version 3 of bell\.rang.*in version 2/),
        details: { plugin: "listener", topic: "bell.rang", version: 3, oldest: 1, latest: 2 },
      }),
    );
    expect(() => Rang.at(3 as 2)).toThrowError(expect.objectContaining({ code: "CRM_EVENT_VERSION" }));
  });

  test("of a version that the application has given up is refused at boot", () => {
    const collector = new SubscriptionCollector(plugin, new EventDefinitions([RangOf3 as EventDefinition<unknown>]));
    expect(() => collector.on(RangOf1 as never, async () => undefined)).toThrowError(
      /version 1 of bell\.rang.*from version 3 on: update "listener"/,
    );
  });

  test("of an event that nobody declares goes by its own definition", async () => {
    expect(await delivered(Rang.at(1), log, [])).toEqual([
      { version: 1, payload: { times: 2 } },
      { version: 1, payload: { times: 3 } },
    ]);
    await expect(delivered(RangOf1, log, [])).rejects.toMatchObject({
      code: "CRM_EVENT_VERSION",
      details: { plugin: "listener", topic: "bell.rang", version: 2 },
    });
  });
});

describe("the dispatcher", () => {
  function dispatcher(catalogue?: EventDefinitions) {
    const events: NewEvent[] = [];
    const log = { append: async (more: readonly NewEvent[]) => void events.push(...more) } as EventLog;
    const services = { ids: { next: () => "e1" }, clock: { now: () => 0 } as never, log: () => log };
    return { events, ...createEventDispatcher({ ...services, ...(catalogue ? { catalogue } : {}) }) };
  }
  const bell = { type: "bell", id: "b1" };
  const current = { version: 2, payload: { count: 2, loud: false } };

  test("writes the current version, whichever it is given", async () => {
    const { events, dispatch } = dispatcher();
    await dispatch(Rang, bell, { count: 2, loud: false });
    await dispatch(Rang.at(1), bell, { times: 2 });
    expect(events).toMatchObject([current, current]);
  });

  test("knows a later version than the copy it is given", async () => {
    const { events, dispatch } = dispatcher(new EventDefinitions([Rang]));
    await dispatch(RangOf1, bell, { times: 2 });
    expect(events).toMatchObject([current]);
  });

  test("checks a payload by the version it is given in", async () => {
    const { dispatch } = dispatcher();
    await expect(dispatch(Rang.at(1), bell, { count: 2 } as never)).rejects.toMatchObject({
      code: "CRM_EVENT_INVALID",
      details: { topic: "bell.rang", version: 1 },
    });
  });
});

test("the catalogue keeps the definition that knows the latest version, and forgets none", () => {
  const catalogue = new EventDefinitions([RangOf1]);
  catalogue.declare([Rang]);
  catalogue.declare([RangOf1]);
  expect(catalogue.definition("bell.rang")).toBe(Rang);
  expect(catalogue.definition("bell.fell")).toBeUndefined();
  expect(catalogue.all()).toEqual([Rang]);
});

test("an event of the log is converted as a whole, or not touched", () => {
  const event = stored(1, { times: 2 });
  expect(eventInVersion(Rang, event, 1)).toBe(event);
  expect(eventInVersion(Rang, event, 2)).toEqual({ ...event, version: 2, payload: { count: 2, loud: false } });
  expect(() => eventInVersion(Rang, event, 3)).toThrowError(/no version 3 of bell\.rang/);
  expect(() => eventInVersion(Rang, stored(4, {}), 2)).toThrowError(/no version 4/);
});
