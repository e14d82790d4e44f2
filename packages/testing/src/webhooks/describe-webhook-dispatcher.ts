import type { Plugin } from "@crmessenger/kernel";
import { type DeliveryAnswer, WebhookDispatcher, type WebhookSubscription } from "@crmessenger/kernel/extensibility";
import {
  type Criteria,
  Ids,
  type StoredEvent,
  UnitOfWork,
  everything,
  nothing,
  where,
} from "@crmessenger/kernel/infrastructure";
import { expect } from "vitest";
import { type TestKernel, createTestKernel } from "../kernel/create-test-kernel.ts";
import { afterAll, beforeAll, describe, onTestFinished, test } from "../suite/suite-api.ts";
import { eventually } from "../time/eventually.ts";
import { createGate } from "../time/gate.ts";
import { RECORDING_TARGET, type RecordingTarget, acceptedAnswer, createRecordingTarget } from "./recording-target.ts";

/** What a subscription of the suite is like; the rest is the harness's to choose, with retries within a second. */
export interface WebhookDraft {
  readonly name: string;
  readonly url: string;
  readonly target: string;
  readonly topics: WebhookSubscription["topics"];
  readonly criteria: Criteria;
}

/** How a dispatcher is handed to its suite: with the storage it works on. */
export interface WebhookDispatcherHarness {
  /** As test reports show it. */
  readonly name: string;
  /** Plugins that provide WebhookDispatcher and DeliveryTargets, and what they need. New ones every time. */
  plugins(): readonly Plugin[];
  readonly environment?: Readonly<Record<string, string>>;
  /** The topics of `event`, and another that the application has. */
  readonly topics: { readonly topic: string; readonly version: number; readonly other: string };
  /** An event about something that owners of subscriptions may read, with an id of its own, that nobody has dispatched. */
  event(kernel: TestKernel): Promise<StoredEvent>;
  /** Stores an active subscription. */
  subscribe(kernel: TestKernel, draft: WebhookDraft): Promise<WebhookSubscription>;
  disable(kernel: TestKernel, subscriptionId: string): Promise<void>;
}

/** What every WebhookDispatcher promises. Deliveries go to a target of the suite's own. */
export function describeWebhookDispatcher(harness: WebhookDispatcherHarness): void {
  describe(`${harness.name}: WebhookDispatcher`, () => {
    let kernel: TestKernel | undefined;
    const target = createRecordingTarget();
    beforeAll(async () => {
      const plugins = [...harness.plugins(), target.plugin()];
      kernel = await createTestKernel({ plugins, environment: harness.environment ?? {} });
    });
    afterAll(() => kernel?.stop());
    const suite: Suite = (name, run) =>
      test(name, async () => {
        if (!kernel) throw new Error(`"${harness.name}" did not start.`);
        const world = worldOf(harness, kernel, target);
        await kernel.run(() => run(world), { tenantId: kernel.get(Ids).next() });
      });
    recording(suite);
    sending(suite);
    again(suite);
  });
}

interface World {
  readonly dispatcher: WebhookDispatcher;
  readonly target: RecordingTarget;
  readonly units: UnitOfWork;
  readonly topic: string;
  event(): Promise<StoredEvent>;
  subscribe(changes?: { readonly topic?: "other"; readonly criteria?: Criteria }): Promise<WebhookSubscription>;
  disable(id: string): Promise<void>;
  /** In a unit of its own. */
  dispatch(event: StoredEvent): Promise<number>;
  /** The events that a subscription was sent, in order. */
  sent(subscription: WebhookSubscription): readonly string[];
}

type Suite = (name: string, run: (world: World) => Promise<void>) => void;

function worldOf(harness: WebhookDispatcherHarness, kernel: TestKernel, target: RecordingTarget): World {
  const [dispatcher, units] = [kernel.get(WebhookDispatcher), kernel.get(UnitOfWork)];
  const { topic, version, other } = harness.topics;
  return {
    dispatcher,
    target,
    units,
    topic,
    event: () => harness.event(kernel),
    subscribe(changes = {}) {
      const name = `receiver-${kernel.get(Ids).next()}`;
      return harness.subscribe(kernel, {
        name,
        url: `https://${name}.example.com/hook`,
        target: RECORDING_TARGET,
        topics: [{ topic: changes.topic === "other" ? other : topic, version }],
        criteria: changes.criteria ?? everything,
      });
    },
    disable: (id) => harness.disable(kernel, id),
    dispatch: (event) => units.run(() => dispatcher.dispatch(event)),
    sent: ({ url }) => target.accepted(url).map(({ deliveryId }) => deliveryId),
  };
}

const failed: DeliveryAnswer = { outcome: "failed", status: 503, response: "later" };

/** Waits until a subscription was sent so many. */
const sends = (world: World, subscription: WebhookSubscription, count: number) =>
  eventually(() => expect(world.sent(subscription)).toHaveLength(count));

function recording(test: Suite): void {
  test("refuses to dispatch outside a unit of work", async (world) => {
    await expect(world.dispatcher.dispatch(await world.event())).rejects.toMatchObject({ code: "CRM_UOW_REQUIRED" });
  });

  test("sends an event to each subscription that it matches, and to no other", async (world) => {
    const matching = [await world.subscribe(), await world.subscribe()];
    const others = [await world.subscribe({ topic: "other" }), await world.subscribe({ criteria: nothing })];
    expect(await world.dispatch(await world.event())).toBe(2);
    for (const subscription of matching) await sends(world, subscription, 1);
    expect(others.flatMap(world.sent)).toEqual([]);
  });

  test("adds nothing for an event that was dispatched before", async (world) => {
    const [subscription, event] = [await world.subscribe(), await world.event()];
    expect(await world.dispatch(event)).toBe(1);
    expect(await world.dispatch(event)).toBe(0);
    await world.dispatch(await world.event());
    await sends(world, subscription, 2);
  });

  test("sends nothing of a unit that was rolled back, and takes its event when it comes again", async (world) => {
    const [subscription, event] = [await world.subscribe(), await world.event()];
    const undone = world.units.run(async () => {
      await world.dispatcher.dispatch(event);
      throw new Error("no");
    });
    await expect(undone).rejects.toThrow("no");
    expect(await world.dispatch(event)).toBe(1);
    await sends(world, subscription, 1);
  });

  test("sends nothing to a subscription that is disabled", async (world) => {
    const [off, on] = [await world.subscribe(), await world.subscribe()];
    await world.disable(off.id);
    expect(await world.dispatch(await world.event())).toBe(1);
    await sends(world, on, 1);
    expect(world.target.attempts(off.url)).toEqual([]);
    await expect(world.dispatcher.test(off.id, world.topic)).rejects.toMatchObject({ code: "CRM_WEBHOOK_DISABLED" });
  });
}

function sending(test: Suite): void {
  test("tries again until it is accepted, with the same id and the same bytes", async (world) => {
    const subscription = await world.subscribe();
    const broken = () => Promise.reject(new Error("the connection was lost"));
    world.target.answerNext(subscription.url, async () => failed, broken);
    await world.dispatch(await world.event());
    await sends(world, subscription, 1);
    const attempts = world.target.attempts(subscription.url);
    expect(attempts).toHaveLength(3);
    expect(new Set(attempts.map(({ deliveryId }) => deliveryId)).size).toBe(1);
    expect(new Set(attempts.map(({ payload }) => payload.body)).size).toBe(1);
    await eventually(async () => {
      const log = await world.dispatcher.deliveries(where("subscriptionId").eq(subscription.id));
      expect(log.items).toMatchObject([{ id: attempts[0]?.deliveryId, status: "delivered" }]);
      expect(log.items[0]?.attempts.map(({ number, status }) => [number, status])).toEqual([
        [1, 503],
        [2, null],
        [3, 200],
      ]);
    });
  });

  test("lets one that does not answer delay no other", async (world) => {
    const [stuck, quick] = [await world.subscribe(), await world.subscribe()];
    const gate = createGate<DeliveryAnswer>();
    onTestFinished(() => gate.open(acceptedAnswer));
    world.target.answerNext(stuck.url, () => gate.opened);
    await world.dispatch(await world.event());
    await eventually(() => expect(world.target.attempts(stuck.url)).toHaveLength(1));
    await world.dispatch(await world.event());
    await sends(world, quick, 2);
    gate.open(acceptedAnswer);
    await sends(world, stuck, 2);
  });
}

function again(test: Suite): void {
  test("sends once more under an id of its own", async (world) => {
    const subscription = await world.subscribe();
    await world.dispatch(await world.event());
    await sends(world, subscription, 1);
    const [first] = world.sent(subscription);
    const delivery = await world.dispatcher.resend(first as string);
    expect(delivery).toMatchObject({ subscriptionId: subscription.id });
    await sends(world, subscription, 2);
    expect(world.sent(subscription)).toEqual([first, delivery.id]);
    expect(delivery.id).not.toBe(first);
  });

  test("sends a made-up event at once, and tells what came back", async (world) => {
    const subscription = await world.subscribe();
    world.target.answerNext(subscription.url, async () => ({ outcome: "failed", status: 418, response: "a teapot" }));
    const delivery = await world.dispatcher.test(subscription.id, world.topic);
    expect(delivery).toMatchObject({ subscriptionId: subscription.id, topic: world.topic });
    expect(delivery.attempts).toMatchObject([{ number: 1, status: 418, response: "a teapot" }]);
    expect(world.target.attempts(subscription.url)).toHaveLength(1);
  });

  test("says that there is no such subscription or delivery", async (world) => {
    const missing = "0190a000-0000-7000-8000-00000000dead";
    const unknown = { code: "CRM_WEBHOOK_NOT_FOUND", status: 404 };
    await expect(world.dispatcher.resend(missing)).rejects.toMatchObject(unknown);
    await expect(world.dispatcher.test(missing, world.topic)).rejects.toMatchObject(unknown);
    await expect(world.dispatcher.replay(missing, { after: 0, upTo: 10 })).rejects.toMatchObject(unknown);
  });
}
