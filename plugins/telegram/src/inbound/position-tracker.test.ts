import { systemClock } from "@crmessenger/kernel/infrastructure";
import { expect, test, vi } from "vitest";
import type { Position } from "../session/account-store.ts";
import { PositionTracker } from "./position-tracker.ts";

const START: Position = { userId: "1", pts: 10, qts: 0, date: 1, lastMessageId: 5 };

function tracker(save: (position: Position) => Promise<void> = async () => {}) {
  const onError = vi.fn<(error: unknown) => void>();
  return { tracker: new PositionTracker(START, { clock: systemClock, save, onError }), onError };
}

test("the position moves over what is committed without a gap", () => {
  const { tracker: position } = tracker();
  const first = position.begin(11, [6]);
  const second = position.begin(12, [7]);
  const third = position.begin(13, []);
  second();
  expect(position.committed).toMatchObject({ pts: 10, lastMessageId: 5 });
  first();
  expect(position.committed).toMatchObject({ pts: 12, lastMessageId: 7 });
  third();
  expect(position.committed.pts).toBe(13);
});

test("it is stored when asked, and only when it moved", async () => {
  const save = vi.fn<(position: Position) => Promise<void>>(async () => {});
  const { tracker: position } = tracker(save);
  await position.flush();
  expect(save).not.toHaveBeenCalled();
  position.begin(11, [])();
  await position.flush();
  await position.flush();
  expect(save).toHaveBeenCalledTimes(1);
  expect(save.mock.calls[0]?.[0].pts).toBe(11);
});

test("a position that could not be stored is stored with the next one", async () => {
  const stored: number[] = [];
  let broken = true;
  const { tracker: position, onError } = tracker(async ({ pts }) => {
    if (broken) throw new Error("no database");
    stored.push(pts);
  });
  position.begin(11, [])();
  await position.flush();
  expect(onError).toHaveBeenCalledTimes(1);
  broken = false;
  await position.flush();
  expect(stored).toEqual([11]);
});
