import { systemClock } from "@crmessenger/kernel/infrastructure";
import { expect, test } from "vitest";
import type { KeptDelivery } from "./delivery-store.ts";
import { Settler } from "./settler.ts";

const delivery = (id: string): KeptDelivery => ({
  id,
  subscriptionId: "s",
  eventId: "e",
  topic: "contact.created",
  status: "delivered",
  attempts: [],
  nextAttemptAt: null,
  createdAt: "2026-01-05T09:00:00.000Z",
  position: 1,
  entity: "contact/1",
  chain: null,
  queue: null,
  payload: null,
  event: null,
});

test("everything that was added before is stored when `written` resolves, also after it was asked for nothing", async () => {
  const stored: string[] = [];
  const deliveries = { put: async (some: readonly KeptDelivery[]) => void stored.push(...some.map(({ id }) => id)) };
  const settler = new Settler({ clock: systemClock, deliveries, ...waitsForNothing });
  await settler.written();
  settler.add(delivery("a"), delivery("b"));
  await settler.written();
  expect(stored).toEqual(["a", "b"]);
  settler.add(delivery("c"));
  await settler.written();
  await settler.written();
  expect(stored).toEqual(["a", "b", "c"]);
});

test("a failure is told to whoever waits", async () => {
  const deliveries = { put: () => Promise.reject(new Error("the disk is full")) };
  const settler = new Settler({ clock: systemClock, deliveries, ...waitsForNothing });
  settler.add(delivery("a"));
  await expect(settler.written()).rejects.toThrow("the disk is full");
});

/** Nothing here is tried again. */
const waitsForNothing = {
  lanes: { wakeAt: () => Promise.reject(new Error("not asked for")) },
  unitOfWork: { run: () => Promise.reject(new Error("not asked for")) },
};
