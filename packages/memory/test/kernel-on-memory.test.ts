import {
  type ExecutionContext,
  defineCommand,
  defineEvent,
  definePlugin,
  executionContext,
  handle,
  work,
} from "@crmessenger/kernel";
import { EventDispatcher, Jobs, MessageBus, Settings, defineJob } from "@crmessenger/kernel/infrastructure";
import { createTestClock, createTestKernel } from "@crmessenger/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { memory } from "../src/plugin.ts";

const order = z.object({ id: z.string() });

const PlaceOrder = defineCommand({
  name: "shop.order.place",
  description: "Places an order.",
  input: order,
  output: order,
  permission: "shop.order.place",
});
const PackOrder = defineCommand({
  name: "shop.order.pack",
  description: "Packs an order.",
  input: order,
  output: order,
  permission: "shop.order.pack",
});
const OrderPlaced = defineEvent("order.placed", { 1: order });
const SendParcel = defineJob("warehouse.send-parcel", { data: order });

/** Serves the commands, and fails to pack the first time. */
const shop = definePlugin({
  id: "shop",
  version: "1.0.0",
  deps: { events: EventDispatcher, settings: Settings },
  boot({ events, settings }) {
    let failures = 1;
    const place = handle(PlaceOrder, async ({ id }) => {
      await events.dispatch(OrderPlaced, { type: "order", id }, { id });
      return { id };
    });
    const pack = handle(PackOrder, async ({ id }) => {
      await settings.set(`shop.${id}`, `packed by ${executionContext().actor.id}`);
      if (failures-- > 0) throw new Error("the tape is torn");
      return { id };
    });
    return { handlers: [place, pack] };
  },
});

/** Packs what was placed, and sends it. */
const warehouse = (sent: ExecutionContext[]) => {
  const plugin = definePlugin({
    id: "warehouse",
    version: "1.0.0",
    deps: { bus: MessageBus, jobs: Jobs },
    permissions: ["shop.order.pack"],
    boot: () => ({ jobs: [work(SendParcel, async () => void sent.push(executionContext()))] }),
    subscribe(events, { bus, jobs }) {
      events.on(OrderPlaced, async ({ payload }) => {
        await bus.dispatch(PackOrder, payload);
        await jobs.enqueue(SendParcel, payload);
      });
    },
  });
  return plugin();
};

test("a command leads to an event, the event to a subscriber's command and job, each in its own name and with one effect", async () => {
  const [clock, sent] = [createTestClock(), [] as ExecutionContext[]];
  await using kernel = await createTestKernel({ plugins: [shop(), warehouse(sent), memory()], clock });
  const place = () => kernel.bus.dispatch(PlaceOrder, { id: "o1" }, { idempotencyKey: "k1" });
  const context = { tenantId: "t1", actor: { kind: "system" as const, id: "kernel" }, correlationId: "c1" };
  expect(await kernel.run(place, context)).toEqual({ id: "o1" });
  expect(await kernel.run(place, context)).toEqual({ id: "o1" });
  await clock.advance(10_000);
  expect(await kernel.run(() => kernel.get(Settings).get("shop.o1"), context)).toBe("packed by warehouse");
  expect(sent).toEqual([
    expect.objectContaining({
      tenantId: "t1",
      actor: { kind: "plugin", id: "warehouse" },
      correlationId: "c1",
      causationId: expect.any(String),
    }),
  ]);
  expect(kernel.log.lines.filter(({ level }) => level === "warn").map(({ message }) => message)).toEqual([
    expect.stringContaining("the tape is torn"),
  ]);
});

test("a subscriber may do what it declared, and nothing else", async () => {
  const [clock, sent] = [createTestClock(), [] as ExecutionContext[]];
  const plain = warehouse(sent);
  const unpermitted = { ...plain, definition: { ...plain.definition, permissions: [] } };
  await using kernel = await createTestKernel({ plugins: [shop(), unpermitted, memory()], clock });
  await kernel.bus.dispatch(PlaceOrder, { id: "o1" });
  await clock.advance(3_600_000);
  expect(sent).toEqual([]);
  expect(kernel.log.lines).toContainEqual(
    expect.objectContaining({ message: expect.stringContaining("did not declare the permission") }),
  );
});
