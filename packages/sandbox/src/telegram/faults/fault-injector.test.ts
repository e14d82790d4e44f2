import { expect, test } from "vitest";
import { FaultInjector } from "./fault-injector.ts";

test("the same seed makes the same faults, whatever else is on", () => {
  const draw = (injector: FaultInjector): boolean[] => Array.from({ length: 50 }, () => injector.requestFails());
  const first = new FaultInjector(7);
  first.set({ rpcErrorRate: 0.5 });
  const second = new FaultInjector(7);
  second.set({ rpcErrorRate: 0.5, lostAnswerRate: 0.5 });
  second.answerGetsLost();
  const drawn = draw(first);
  expect(draw(second)).toEqual(drawn);
  expect(new Set(drawn)).toEqual(new Set([true, false]));
  const other = new FaultInjector(8);
  other.set({ rpcErrorRate: 0.5 });
  expect(draw(other)).not.toEqual(drawn);
});

test("nothing happens until it is set, nor after it is cleared", () => {
  const injector = new FaultInjector(1);
  const everything = () => [
    injector.requestFails(),
    injector.answerGetsLost(),
    injector.arrivals(),
    injector.floodWait(1),
    injector.connectionLifetime(),
    injector.receiptDelay(1),
  ];
  const quiet = [false, false, 1, 0, undefined, 0];
  expect(everything()).toEqual(quiet);
  injector.set({ rpcErrorRate: 1, lostAnswerRate: 1, dropUpdateRate: 1, floodWaitRate: 1, disconnectEveryMs: 10 });
  expect(everything().slice(0, 4)).toEqual([true, true, 0, 3]);
  injector.clear();
  expect(everything()).toEqual(quiet);
});

test("a flood wait lasts its time, for its account", () => {
  const injector = new FaultInjector(1);
  injector.set({ floodWaitRate: 1, floodWaitSeconds: 5 });
  expect(injector.floodWait(1, 1000)).toBe(5);
  injector.set({ floodWaitRate: 0 });
  expect(injector.floodWait(1, 3500)).toBe(3);
  expect(injector.floodWait(2, 3500)).toBe(0);
  expect(injector.floodWait(1, 6000)).toBe(0);
});

test("late receipts keep their order unless they may overtake", () => {
  const injector = new FaultInjector(3);
  injector.set({ lateReceiptMs: 1000 });
  const arrivals = Array.from({ length: 20 }, (_, index) => index + injector.receiptDelay(1, index));
  expect(arrivals).toEqual(arrivals.toSorted((a, b) => a - b));
  injector.set({ reorderReceipts: true });
  const reordered = Array.from({ length: 20 }, (_, index) => index + injector.receiptDelay(1, index));
  expect(reordered).not.toEqual(reordered.toSorted((a, b) => a - b));
});

test("impossible values are refused", () => {
  const injector = new FaultInjector(1);
  expect(() => injector.set({ dropUpdateRate: 1.5 })).toThrow("dropUpdateRate goes from 0 to 1");
  expect(() => injector.set({ lateReceiptMs: -1 })).toThrow("lateReceiptMs cannot be negative");
});
