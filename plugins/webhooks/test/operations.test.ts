import { KernelHooks, definePlugin, executionContext } from "@crmessenger/kernel";
import { WebhookDispatcher } from "@crmessenger/kernel/extensibility";
import type { AccessSubject, Grant } from "@crmessenger/kernel/iam";
import { Auditor, EventHooks, type JsonObject, UnitOfWork, where } from "@crmessenger/kernel/infrastructure";
import { type TestKernel, createTestKernel, eventually } from "@crmessenger/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  CreateSubscription,
  DeleteSubscription,
  GetSubscription,
  ListDeliveries,
  ListSubscriptions,
  RotateSecret,
  SendTestEvent,
  UpdateSubscription,
} from "../src/index.ts";
import { verifyWebhook } from "../src/receiver/index.ts";
import { startReceiver } from "./support/receiver.ts";
import { contactEvent, contactTopic, makeUser, pluginsOf, startWorld, subscribe } from "./support/world.ts";

let kernel: TestKernel;
beforeAll(async () => {
  kernel = await startWorld();
});
afterAll(() => kernel.stop());

const url = "https://receiver.example.com/hooks";
const draft = (changes: object = {}) =>
  CreateSubscription.input.parse({ name: "A receiver", url, topics: [contactTopic], ...changes });

/** Runs work as a user with these grants. */
async function asUser<T>(grants: readonly Grant[], work: (userId: string) => Promise<T>): Promise<T> {
  const id = await kernel.run(() => makeUser(kernel, grants));
  const { UserRepository } = await import("@crmessenger/kernel/iam");
  const user = await kernel.run(() => kernel.get(UserRepository).get(id));
  const subject: AccessSubject = { kind: "user", id, tenantId: "default", roles: user?.roleIds ?? [], teams: [] };
  return kernel.run(() => work(id), { actor: { kind: "user", id }, subject });
}

const manager: readonly Grant[] = [
  { permission: "webhooks.*", scope: "own" },
  { permission: "sales.contact.read", scope: "own" },
];

describe("what could not be sent is refused, and the refusal says what to do", () => {
  test.each([
    ["url", { url: "receiver" }, "absolute URL"],
    ["url", { url: "ftp://receiver.example.com/" }, "use https:"],
    ["url", { url: "https://me:secret@receiver.example.com/" }, "leave them out"],
    ["topics", { topics: [{ topic: "contact.vanished", version: 1 }] }, "contact.created"],
    ["topics", { topics: [{ topic: "contact.created", version: 9 }] }, "not 9"],
    ["payload", { payload: "fat" }, "full, thin"],
    ["retry", { retry: "never" }, "brief, standard"],
    ["target", { target: "pigeon" }, "http"],
    ["headers", { headers: { Authorization: "Bearer 1" } }, "Remove it"],
    ["headers", { headers: { "Webhook-Id": "1" } }, "Remove it"],
    ["headers", { headers: { "Transfer-Encoding": "chunked" } }, "Remove it"],
    ["headers", { headers: { "a b": "1" } }, "letters, digits"],
    ["ownerId", { ownerId: "somebody" }, "no user"],
    ["ownerId", {}, "Name the user"],
  ])("%s: %j", async (field, changes, advice) => {
    const ownerId = await kernel.run(() => makeUser(kernel));
    const owner = field === "ownerId" ? {} : { ownerId };
    const error = await kernel
      .run(() => kernel.bus.dispatch(CreateSubscription, draft({ ...owner, ...changes })))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "CRM_WEBHOOK_INVALID", status: 422, details: { field } });
    expect((error as Error).message).toContain(advice);
  });
});

test("no other plugin sees a secret that is made", async () => {
  const seen: unknown[] = [];
  const onlooker = definePlugin({
    id: "onlooker",
    version: "1.0.0",
    extend(taps) {
      taps.tap(KernelHooks.operation, async (call, next) => {
        const answer = await next(call);
        seen.push(answer);
        return answer;
      });
    },
  });
  await using watched = await createTestKernel({ plugins: [...pluginsOf(), onlooker()] });
  const ownerId = await watched.run(() => makeUser(watched));
  const { subscription, secret } = await watched.bus.dispatch(CreateSubscription, draft({ ownerId }));
  const rotated = await watched.bus.dispatch(RotateSecret, { id: subscription.id });
  expect([secret, rotated.secret]).toEqual([expect.stringMatching(/^whsec_/), expect.stringMatching(/^whsec_/)]);
  expect(seen.slice(-2)).toMatchObject([{ secret: "[hidden]" }, { secret: "[hidden]" }]);
  for (const made of [secret, rotated.secret]) expect(JSON.stringify(seen)).not.toContain(made);
});

test("what an owner may not see of an event is not sent, and does not make it match", async () => {
  const censor = definePlugin({
    id: "censor",
    version: "1.0.0",
    hooks: [EventHooks.shown],
    extend(taps) {
      taps.tap(EventHooks.shown, (event) => {
        if (executionContext().subject?.id !== narrow) return event;
        const { attributes: _, ...contact } = event.payload["contact"] as JsonObject;
        return { ...event, payload: { contact } };
      });
    },
  });
  let narrow = "";
  const receiver = await startReceiver();
  await using censored = await createTestKernel({ plugins: [...pluginsOf(), censor()] });
  narrow = await censored.run(() => makeUser(censored));
  const told = { url: receiver.url, payload: "full" };
  await subscribe(censored, { ...told, ownerId: narrow });
  const criteria = where("contact.attributes.margin").gt(1);
  await subscribe(censored, { ...told, ownerId: narrow, criteria });
  await subscribe(censored, { ...told, criteria });
  const event = contactEvent(censored, { attributes: { margin: 5 } });
  const dispatched = () => censored.get(WebhookDispatcher).dispatch(event);
  expect(await censored.run(() => censored.get(UnitOfWork).run(dispatched))).toBe(2);
  await eventually(() => expect(receiver.arrivals).toHaveLength(2));
  expect(receiver.arrivals.filter(({ body }) => body.includes("margin"))).toHaveLength(1);
});

test("a user owns what it makes, and reaches nobody else's", async () => {
  const mine = await asUser(manager, async (id) => {
    const { subscription, secret } = await kernel.bus.dispatch(CreateSubscription, draft());
    expect(subscription).toMatchObject({ ownerId: id, state: "active" });
    expect(secret).toMatch(/^whsec_/);
    expect((await kernel.bus.ask(ListSubscriptions, {})).items).toMatchObject([{ id: subscription.id }]);
    return subscription;
  });
  await asUser(manager, async (id) => {
    const unknown = { code: "CRM_WEBHOOK_NOT_FOUND", status: 404 };
    await expect(kernel.bus.ask(GetSubscription, { id: mine.id })).rejects.toMatchObject(unknown);
    await expect(kernel.bus.dispatch(UpdateSubscription, { id: mine.id, url })).rejects.toMatchObject(unknown);
    await expect(kernel.bus.dispatch(RotateSecret, { id: mine.id })).rejects.toMatchObject(unknown);
    await expect(kernel.bus.dispatch(DeleteSubscription, { id: mine.id })).rejects.toMatchObject(unknown);
    await expect(kernel.bus.dispatch(SendTestEvent, { id: mine.id, topic: "a.b" })).rejects.toMatchObject(unknown);
    await expect(kernel.bus.ask(ListDeliveries, { id: mine.id })).rejects.toMatchObject(unknown);
    await expect(kernel.bus.dispatch(CreateSubscription, draft({ ownerId: mine.ownerId }))).rejects.toMatchObject({
      code: "CRM_WEBHOOK_INVALID",
    });
    expect(id).not.toBe(mine.ownerId);
  });
  await asUser([{ permission: "webhooks.*", scope: "all" }], async (id) => {
    expect(await kernel.bus.dispatch(UpdateSubscription, { id: mine.id, name: "Renamed" })).toMatchObject({
      ownerId: mine.ownerId,
      name: "Renamed",
    });
    const elsewhere = { id: mine.id, url: "https://elsewhere.example.com/" };
    expect(await kernel.bus.dispatch(UpdateSubscription, elsewhere)).toMatchObject({ ownerId: id });
    await kernel.bus.dispatch(DeleteSubscription, { id: mine.id });
    await expect(kernel.bus.ask(GetSubscription, { id: mine.id })).rejects.toMatchObject({ status: 404 });
  });
  const history = await kernel.run(() => kernel.get(Auditor).history({ type: "webhook-subscription", id: mine.id }));
  expect(history.map(({ action }) => action.split(".").at(-1))).toEqual(["delete", "update", "update", "create"]);
  expect(JSON.stringify(history)).not.toContain("whsec_");
});

test("an owner is told of what the owner may read, and of nothing else", async () => {
  const owner = await kernel.run(() => makeUser(kernel, manager));
  const { subscription } = await kernel.run(() => subscribe(kernel, { url, ownerId: owner, payload: "thin" }));
  const dispatch = (ownerId: string | null) =>
    kernel.run(() =>
      kernel.get(UnitOfWork).run(() => kernel.get(WebhookDispatcher).dispatch(contactEvent(kernel, { ownerId }))),
    );
  const recorded = () =>
    kernel.run(() => kernel.get(WebhookDispatcher).deliveries(where("subscriptionId").eq(subscription.id)));
  await dispatch(null);
  await dispatch("somebody-else");
  expect((await recorded()).items).toEqual([]);
  await dispatch(owner);
  expect((await recorded()).items).toHaveLength(1);
});

test("a test event has the shape of a real one, is signed, and is found in the log", async () => {
  const receiver = await startReceiver();
  const { subscription, secret } = await kernel.run(() =>
    subscribe(kernel, { url: receiver.url, topics: [{ topic: "lead.created", version: 2 }], signature: "v1a" }),
  );
  const { id } = subscription;
  const sent = await kernel.run(() => kernel.bus.dispatch(SendTestEvent, { id, topic: "lead.created" }));
  expect(sent).toMatchObject({ status: "delivered", attempts: [{ status: 204 }] });
  const [{ headers, body } = { headers: {}, body: Buffer.alloc(0) }] = receiver.arrivals;
  const verified = verifyWebhook(body, headers, [secret]);
  expect(verified.id).toBe(sent.id);
  expect(JSON.parse(String(verified.body))).toMatchObject({
    type: "lead.created",
    version: 2,
    data: { lead: { id: "test", status: "test" } },
  });
  const { items } = await kernel.run(() => kernel.bus.ask(ListDeliveries, { id, status: "delivered" }));
  expect(items).toEqual([sent]);
  await expect(
    kernel.run(() => kernel.bus.dispatch(SendTestEvent, { id, topic: "lead.vanished" })),
  ).rejects.toMatchObject({ code: "CRM_WEBHOOK_INVALID" });
});

test("secrets are shown once and reach no log", async () => {
  const { subscription, secret } = await kernel.run(() => subscribe(kernel, { url }));
  const rotated = await kernel.run(() => kernel.bus.dispatch(RotateSecret, { id: subscription.id, signature: "v1a" }));
  expect(rotated.secret).toMatch(/^whpk_/);
  const shown = await kernel.run(() => kernel.bus.ask(GetSubscription, { id: subscription.id }));
  const everything = JSON.stringify([shown, kernel.log.lines]);
  for (const part of [secret, rotated.secret, "whsk_"]) expect(everything).not.toContain(part);
});

test("an address that is not public is never called, and the delivery log says why", async () => {
  for (const address of [
    "http://10.0.0.1/",
    "http://127.0.0.2/",
    "http://169.254.169.254/latest/meta-data",
    "http://[::1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[fd00:ec2::254]/",
    "http://0x7f.1.1.1/",
  ]) {
    const { subscription } = await kernel.run(() => subscribe(kernel, { url: address, retry: "brief" }));
    const { id } = subscription;
    const sent = await kernel.run(() => kernel.bus.dispatch(SendTestEvent, { id, topic: contactTopic.topic }));
    expect(sent.attempts, address).toMatchObject([{ status: null, errorCode: "CRM_HTTP_FORBIDDEN_ADDRESS" }]);
    await eventually(async () =>
      expect((await kernel.run(() => kernel.bus.ask(ListDeliveries, { id }))).items).toHaveLength(1),
    );
  }
});
