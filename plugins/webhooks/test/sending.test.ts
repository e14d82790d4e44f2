import { WebhookDispatcher, DeliveryTargets, PayloadGenerators } from "@crmessenger/kernel/extensibility";
import { EventLog, UnitOfWork, where } from "@crmessenger/kernel/infrastructure";
import { CreateContact } from "@crmessenger/kernel/sales";
import {
  type TestKernel,
  createGate,
  createRecordingTarget,
  createTestClock,
  eventually,
  RECORDING_TARGET,
} from "@crmessenger/testing";
import { expect, onTestFinished, test } from "vitest";
import {
  DisableSubscription,
  EnableSubscription,
  GetFigures,
  GetSubscription,
  ReplayEvents,
  ResendDelivery,
  UpdateSubscription,
  WebhookDisabled,
  WebhookFailing,
} from "../src/index.ts";
import { type WorldOptions, contactEvent, startWorld, subscribe } from "./support/world.ts";
import { accepts, faults, startReceiver } from "./support/receiver.ts";

async function world(options: WorldOptions = {}): Promise<TestKernel> {
  const kernel = await startWorld(options);
  onTestFinished(() => kernel.stop());
  return kernel;
}

const addContact = (kernel: TestKernel, name: string) =>
  kernel.run(() => kernel.bus.dispatch(CreateContact, { name, identities: [], ownerId: null, attributes: {} }));

const dispatch = (kernel: TestKernel, ...events: Parameters<WebhookDispatcher["dispatch"]>[0][]) =>
  kernel.run(() =>
    kernel.get(UnitOfWork).run(async () => {
      for (const event of events) await kernel.get(WebhookDispatcher).dispatch(event);
    }),
  );

const log = async (kernel: TestKernel, subscriptionId: string) =>
  (await kernel.run(() => kernel.get(WebhookDispatcher).deliveries(where("subscriptionId").eq(subscriptionId)))).items;

test("an event that is recorded by a command reaches its receiver", async () => {
  const [kernel, receiver] = [await world(), await startReceiver()];
  const { subscription } = await kernel.run(() => subscribe(kernel, { url: receiver.url, headers: { "X-Shop": "7" } }));
  const { contact } = await addContact(kernel, "Ada");
  await eventually(() => expect(receiver.accepted).toHaveLength(1));
  const [arrival] = receiver.arrivals;
  expect(arrival?.headers).toMatchObject({ "content-type": "application/json", "x-shop": "7" });
  expect(JSON.parse(String(arrival?.body))).toMatchObject({
    type: "contact.created",
    version: 1,
    data: { contact: { id: contact.id, name: "Ada" } },
  });
  await eventually(async () => expect(await log(kernel, subscription.id)).toMatchObject([{ status: "delivered" }]));
});

test.each([
  ["a number of seconds", "120", 120_000],
  ["a date", new Date(Date.now() + 7_200_000).toUTCString(), 7_200_000],
  ["a lifetime", "999999999", 86_400_000],
  ["a date that has been", "Thu, 01 Jan 1970 00:00:00 GMT", 0],
  ["nonsense", "soon", 0],
])("a receiver that asks for a pause of %s gets it, by a day at most", async (_, header, milliseconds) => {
  const [kernel, receiver] = [await world(), await startReceiver()];
  receiver.behave((response) => void response.writeHead(503, { "retry-after": header }).end());
  const { subscription } = await kernel.run(() => subscribe(kernel, { url: receiver.url }));
  await addContact(kernel, "Ada");
  await eventually(async () => {
    const [delivery] = await log(kernel, subscription.id);
    const [first] = delivery?.attempts ?? [];
    const pause = Date.parse(delivery?.nextAttemptAt ?? "") - Date.parse(first?.at ?? "");
    expect(Math.abs(pause - milliseconds)).toBeLessThan(milliseconds > 600_000 ? 61_000 : 2_000);
  });
});

test.each(["fails", "refuses", "redirects", "resets", "answers garbage", "never ends"] as const)(
  "a receiver that %s is tried again until it accepts, under the same id",
  async (fault) => {
    const [kernel, receiver] = [await world(), await startReceiver()];
    receiver.behave(faults[fault]);
    const { subscription } = await kernel.run(() => subscribe(kernel, { url: receiver.url }));
    await addContact(kernel, "Ada");
    await eventually(() => expect(receiver.arrivals.length).toBeGreaterThan(1));
    receiver.behave(accepts);
    await eventually(() => expect(receiver.accepted).toHaveLength(1), { deadlineMs: 10_000 });
    expect(new Set(receiver.arrivals.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(new Set(receiver.arrivals.map(({ path }) => path))).toEqual(new Set(["/hook"]));
    await eventually(async () => {
      const [delivery] = await log(kernel, subscription.id);
      expect(delivery).toMatchObject({ status: "delivered", nextAttemptAt: null });
      expect(delivery?.attempts[0]?.errorCode).toMatch(/^CRM_/);
      for (const { response } of delivery?.attempts ?? []) expect(response.length).toBeLessThanOrEqual(2_048);
    });
  },
);

test("a receiver that hangs delays no other, and gets its event in the end", async () => {
  const kernel = await world({ webhooks: { timeoutMs: 300 } });
  const [stuck, quick] = [await startReceiver(), await startReceiver()];
  stuck.behave(faults.hangs);
  const { subscription } = await kernel.run(() => subscribe(kernel, { url: stuck.url }));
  await kernel.run(() => subscribe(kernel, { url: quick.url }));
  await addContact(kernel, "Ada");
  await eventually(() => expect(stuck.arrivals).toHaveLength(1));
  await addContact(kernel, "Grace");
  await eventually(() => expect(quick.accepted).toHaveLength(2));
  expect(stuck.accepted).toEqual([]);
  await eventually(async () =>
    expect((await log(kernel, subscription.id)).flatMap(({ attempts }) => attempts)).toContainEqual(
      expect.objectContaining({ status: null, errorCode: "CRM_HTTP_TIMEOUT" }),
    ),
  );
  stuck.behave(accepts);
  await eventually(() => expect(new Set(stuck.accepted).size).toBe(2), { deadlineMs: 10_000 });
});

test("after 410 nothing more is sent, and the application is told", async () => {
  const [kernel, receiver] = [await world(), await startReceiver()];
  receiver.behave((response) => void response.writeHead(410).end());
  const { subscription } = await kernel.run(() => subscribe(kernel, { url: receiver.url }));
  await addContact(kernel, "Ada");
  await eventually(async () =>
    expect(await kernel.run(() => kernel.bus.ask(GetSubscription, { id: subscription.id }))).toMatchObject({
      state: "disabled",
      reason: "The receiver answered 410 Gone.",
    }),
  );
  await eventually(async () => expect(await log(kernel, subscription.id)).toMatchObject([{ status: "dropped" }]));
  const events = await kernel.run(() => kernel.get(EventLog).read({ after: 0, topics: [WebhookDisabled.topic] }));
  expect(events).toMatchObject([{ payload: { subscriptionId: subscription.id } }]);
  await addContact(kernel, "Grace");
  await kernel.run(() => kernel.bus.dispatch(EnableSubscription, { id: subscription.id }));
  receiver.behave(accepts);
  await addContact(kernel, "Alan");
  await eventually(() => expect(receiver.accepted).toHaveLength(1));
  expect(receiver.arrivals).toHaveLength(2);
});

test("entities come in order where that was asked for, and one that fails holds back no other", async () => {
  const kernel = await world();
  const target = createRecordingTarget();
  kernel.get(DeliveryTargets).register(target);
  const url = "https://ordered.example.com/";
  const { subscription } = await kernel.run(() => subscribe(kernel, { url, target: RECORDING_TARGET, ordered: true }));
  const [one, other] = await kernel.run(
    async () => [contactEvent(kernel, {}, 1), contactEvent(kernel, {}, 2)] as const,
  );
  const later = [3, 4, 5].map((position) => ({ ...one, id: `${one.id}-${position}`, position }));
  const gate = createGate();
  target.answerNext(url, async () => ({ outcome: "failed", status: 503, response: "" }));
  target.answerNext(url, async () => gate.opened.then(() => ({ outcome: "accepted", status: 200, response: "" })));
  await dispatch(kernel, one);
  await eventually(() => expect(target.attempts(url)).toHaveLength(2));
  await dispatch(kernel, ...later.toReversed(), other);
  gate.open();
  await eventually(() => expect(target.accepted(url)).toHaveLength(5));
  await eventually(async () => {
    const deliveries = await log(kernel, subscription.id);
    expect(deliveries.every(({ status }) => status === "delivered")).toBe(true);
    const eventOf = new Map(deliveries.map(({ id, eventId }) => [id, eventId]));
    const order = target.accepted(url).map(({ deliveryId }) => eventOf.get(deliveryId));
    expect(order.filter((id) => id !== other.id)).toEqual([one.id, ...later.map(({ id }) => id)]);
  });
});

test("plugins bring payloads of their own, and one that fails holds up nobody else", async () => {
  const [kernel, receiver, other] = [await world(), await startReceiver(), await startReceiver()];
  const generators = kernel.get(PayloadGenerators);
  let failures = 3;
  generators.register({
    name: "testing.short",
    async generate({ id }) {
      if (failures-- > 0) throw new Error("not yet");
      return { contentType: "text/plain", body: id, headers: { "x-kind": "short" } };
    },
  });
  const { subscription } = await kernel.run(() => subscribe(kernel, { url: receiver.url, payload: "testing.short" }));
  await kernel.run(() => subscribe(kernel, { url: other.url }));
  await addContact(kernel, "Ada");
  await eventually(() => expect([receiver.accepted.length, other.accepted.length]).toEqual([1, 1]));
  expect(receiver.arrivals[0]?.headers).toMatchObject({ "content-type": "text/plain", "x-kind": "short" });
  await eventually(async () => {
    const [delivery] = await log(kernel, subscription.id);
    expect(delivery?.attempts.map(({ errorCode }) => errorCode)).toEqual([
      "CRM_KERNEL_UNEXPECTED",
      "CRM_KERNEL_UNEXPECTED",
      null,
    ]);
  });
});

test("a payload that is too large is sent as ids", async () => {
  const [kernel, receiver] = [await world(), await startReceiver()];
  kernel.get(PayloadGenerators).register({
    name: "testing.long",
    generate: async () => ({ contentType: "text/plain", body: "x".repeat(300_000) }),
  });
  await kernel.run(() => subscribe(kernel, { url: receiver.url, payload: "testing.long" }));
  const { contact } = await addContact(kernel, "Ada");
  await eventually(() => expect(receiver.accepted).toHaveLength(1));
  expect(JSON.parse(String(receiver.arrivals[0]?.body))).toMatchObject({ data: { entity: "contact", id: contact.id } });
});

test("what ended long ago leaves the log, and what waits stays", async () => {
  const clock = createTestClock();
  const kernel = await world({ clock, webhooks: { keepDays: 2 } });
  const target = createRecordingTarget();
  kernel.get(DeliveryTargets).register(target);
  const url = "https://kept.example.com/";
  const { subscription } = await kernel.run(() => subscribe(kernel, { url, target: RECORDING_TARGET }));
  for (let day = 0; day < 6; day += 1) {
    await addContact(kernel, `Contact ${day}`);
    await clock.advance(86_400_000);
  }
  expect(target.accepted(url)).toHaveLength(6);
  expect((await log(kernel, subscription.id)).length).toBeLessThan(5);
  expect((await log(kernel, subscription.id)).length).toBeGreaterThan(1);
});

test("replays a range and resends one, under new ids, and counts what it did", async () => {
  const [kernel, receiver] = [await world(), await startReceiver()];
  const { subscription } = await kernel.run(() => subscribe(kernel, { url: receiver.url }));
  const { id } = subscription;
  for (const name of ["Ada", "Grace"]) await addContact(kernel, name);
  await eventually(() => expect(receiver.accepted).toHaveLength(2));
  const { recorded } = await kernel.run(() => kernel.bus.dispatch(ReplayEvents, { id, after: 0, upTo: 1_000 }));
  expect(recorded).toBe(2);
  await eventually(() => expect(new Set(receiver.accepted).size).toBe(4));
  const [last] = await log(kernel, id);
  await kernel.run(() => kernel.bus.dispatch(ResendDelivery, { id: last?.id ?? "" }));
  await eventually(() => expect(new Set(receiver.accepted).size).toBe(5));
  await eventually(async () =>
    expect(await kernel.run(() => kernel.bus.ask(GetFigures, { id }))).toMatchObject({
      delivered: 5,
      attempts: 5,
      exhausted: 0,
      waiting: 0,
      failingSince: null,
    }),
  );
});

test("disabling drops what waits", async () => {
  const kernel = await world();
  const receiver = await startReceiver();
  receiver.behave(faults.fails);
  const { subscription } = await kernel.run(() => subscribe(kernel, { url: receiver.url, retry: "brief" }));
  await addContact(kernel, "Ada");
  await eventually(async () => expect((await log(kernel, subscription.id))[0]?.attempts).toHaveLength(1));
  await kernel.run(() => kernel.bus.dispatch(DisableSubscription, { id: subscription.id }));
  await expect(
    kernel.run(() => kernel.get(WebhookDispatcher).test(subscription.id, "contact.created")),
  ).rejects.toMatchObject({ code: "CRM_WEBHOOK_DISABLED" });
  await kernel.run(() => kernel.bus.dispatch(UpdateSubscription, { id: subscription.id, name: "Still off" }));
  expect(await kernel.run(() => kernel.bus.ask(GetSubscription, { id: subscription.id }))).toMatchObject({
    state: "disabled",
    name: "Still off",
  });
});

test("a receiver that stays away is told of by stages, disabled in the end, and one that comes back in time gets everything", async () => {
  const clock = createTestClock();
  const HOUR_MS = 3_600_000;
  const kernel = await world({ clock, webhooks: { disableAfterMs: 100 * HOUR_MS } });
  const target = createRecordingTarget();
  kernel.get(DeliveryTargets).register(target);
  const away = () => Promise.reject(new Error("nobody listens"));
  const [gone, back] = ["https://gone.example.com/", "https://back.example.com/"];
  target.answerNext(gone, ...Array.from({ length: 500 }, () => away));
  target.answerNext(back, ...Array.from({ length: 8 }, () => away));
  const draft = { target: RECORDING_TARGET, retry: "standard" };
  const lost = await kernel.run(() => subscribe(kernel, { ...draft, url: gone }));
  const kept = await kernel.run(() => subscribe(kernel, { ...draft, url: back }));
  for (let day = 0; day < 6; day += 1) {
    await addContact(kernel, `Contact ${day}`);
    for (let hour = 0; hour < 24; hour += 1) await clock.advance(HOUR_MS);
  }
  const events = await kernel.run(() =>
    kernel.get(EventLog).read({ after: 0, topics: [WebhookFailing.topic, WebhookDisabled.topic] }),
  );
  expect(events.map(({ topic, payload }) => [topic, payload["subscriptionId"], payload["stage"]])).toEqual([
    ["webhook.failing", lost.subscription.id, 0.5],
    ["webhook.failing", lost.subscription.id, 0.7],
    ["webhook.failing", lost.subscription.id, 0.9],
    ["webhook.disabled", lost.subscription.id, undefined],
  ]);
  expect(target.accepted(gone)).toEqual([]);
  const deliveries = await log(kernel, lost.subscription.id);
  expect(deliveries.every(({ status }) => status !== "pending")).toBe(true);
  expect(new Set(target.accepted(back).map(({ deliveryId }) => deliveryId)).size).toBe(6);
  expect(await log(kernel, kept.subscription.id)).toHaveLength(6);
  expect((await log(kernel, kept.subscription.id)).every(({ status }) => status === "delivered")).toBe(true);
});
