import fc from "fast-check";
import { expect, test } from "vitest";
import { type DeliveryStatus, advanceDelivery } from "./delivery-status.ts";

const all: readonly DeliveryStatus[] = ["queued", "sent", "delivered", "read", "failed"];
const status = fc.constantFrom(...all);

test("moves forwards only", () => {
  const table = Object.fromEntries(
    all.map((current) => [current, all.map((reported) => advanceDelivery(current, reported)).join(" ")]),
  );
  expect(table).toEqual({
    queued: "queued sent delivered read failed",
    sent: "sent sent delivered read failed",
    delivered: "delivered delivered delivered read delivered",
    read: "read read read read read",
    failed: "failed failed failed failed failed",
  });
});

test("ends the same however late and often the reports of progress come", () => {
  const reports = fc.array(fc.constantFrom<DeliveryStatus>("queued", "sent", "delivered", "read"), { maxLength: 8 });
  fc.assert(
    fc.property(status, reports, fc.infiniteStream(fc.nat()), (current, list, keys) => {
      const shuffled = list
        .map((report) => ({ report, key: keys.next().value as number }))
        .toSorted((a, b) => a.key - b.key);
      const end = list.reduce(advanceDelivery, current);
      expect(shuffled.map(({ report }) => report).reduce(advanceDelivery, current)).toBe(end);
      expect([...list, ...list].reduce(advanceDelivery, current)).toBe(end);
    }),
  );
});

test("never comes back from a failure, and never fails what was delivered", () => {
  fc.assert(
    fc.property(fc.array(status, { maxLength: 8 }), (reports) => {
      expect(reports.reduce(advanceDelivery, "failed" as DeliveryStatus)).toBe("failed");
      expect(reports.reduce(advanceDelivery, "delivered" as DeliveryStatus)).not.toBe("failed");
    }),
  );
});
