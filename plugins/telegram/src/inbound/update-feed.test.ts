import { silentLogger } from "@crmessenger/kernel/infrastructure";
import { createTestClock, eventually } from "@crmessenger/testing";
import bigInt from "big-integer";
import { Api } from "telegram";
import { TypeNotFoundError } from "telegram/errors/index.js";
import { beforeEach, expect, test } from "vitest";
import type { Asker, TelegramRequest } from "../connection/telegram-request.ts";
import { AccountStore } from "../session/account-store.ts";
import { PeerBook } from "../session/peer-book.ts";
import { TestSecrets } from "../telegram-account.test.support.ts";
import type { Happening } from "./change.ts";
import { Lanes } from "./lanes.ts";
import { PositionTracker } from "./position-tracker.ts";
import { UpdateFeed } from "./update-feed.ts";

const PEER = new Api.PeerUser({ userId: bigInt(9) });
const START = { userId: "1", pts: 100, qts: 0, date: 1, lastMessageId: 10 };

/** Telegram's log, as far as these tests need it. Message ids are pts minus 90. */
class FakeTelegram implements Asker {
  pts = 100;
  asked: string[] = [];
  unreadable = new Set<number>();

  readonly invoke = async <Answer>(request: TelegramRequest<Answer>): Promise<Answer> => {
    this.asked.push(request.className);
    return this.#answer(request) as Answer;
  };

  #answer(request: unknown): unknown {
    if (request instanceof Api.updates.GetDifference) return this.#difference(request.pts);
    if (request instanceof Api.messages.GetMessages) return this.#messages(request.id);
    if (request instanceof Api.updates.GetState) return state(this.pts);
    throw new Error("not asked in these tests");
  }

  #difference(pts: number): unknown {
    if (pts >= this.pts) return new Api.updates.DifferenceEmpty({ date: 2, seq: 1 });
    const ids = Array.from({ length: this.pts - pts }, (_, index) => pts - 90 + index + 1);
    if (ids.some((id) => this.unreadable.has(id))) throw new TypeNotFoundError(1, Buffer.alloc(0));
    const newMessages = ids.map((id) => message(id));
    return new Api.updates.Difference({
      newMessages,
      newEncryptedMessages: [],
      otherUpdates: [],
      chats: [],
      users: [],
      state: state(this.pts),
    });
  }

  #messages(wanted: readonly Api.TypeInputMessage[]): unknown {
    const ids = wanted.flatMap((one) => (one instanceof Api.InputMessageID ? [one.id] : []));
    if (ids.some((id) => this.unreadable.has(id))) throw new TypeNotFoundError(1, Buffer.alloc(0));
    const messages = ids.map((id) => (id <= this.pts - 90 ? message(id) : new Api.MessageEmpty({ id })));
    return new Api.messages.Messages({ messages, chats: [], users: [] });
  }
}

let telegram: FakeTelegram;
let feed: UpdateFeed;
let accepted: number[];
let tracker: PositionTracker;
const clock = createTestClock();
beforeEach(async () => {
  telegram = new FakeTelegram();
  accepted = [];
  const lanes = new Lanes();
  const sink = {
    accept: (happening: Happening) =>
      lanes.run("chat", async () => {
        if (happening.kind === "message") accepted.push(happening.message.id);
      }),
    get pending() {
      return lanes.pending;
    },
    below: (most: number) => lanes.below(most),
  };
  tracker = new PositionTracker(START, {
    clock,
    save: async () => {},
    onError: (error) => expect.unreachable(String(error)),
  });
  const peers = new PeerBook(new AccountStore(new TestSecrets(), "a"));
  feed = new UpdateFeed({ clock, logger: silentLogger, peers, sink, tracker });
  feed.attach(telegram);
  await eventually(() => expect(telegram.asked).toEqual(["updates.GetDifference"]));
  await clock.settle();
  telegram.asked = [];
});

function state(pts: number): Api.updates.State {
  return new Api.updates.State({ pts, qts: 0, date: 2, seq: 1, unreadCount: 0 });
}

function message(id: number): Api.Message {
  return new Api.Message({ id, peerId: PEER, date: 1, message: `${id}` });
}

function push(pts: number): void {
  telegram.pts = Math.max(telegram.pts, pts);
  const update = new Api.UpdateNewMessage({ message: message(pts - 90), pts, ptsCount: 1 });
  feed.push(telegram, new Api.UpdateShort({ update, date: 1 }));
}

test("updates in order are handed on at once, repeated ones are not", async () => {
  for (const pts of [101, 102, 102, 101, 103]) push(pts);
  await clock.settle();
  expect(accepted).toEqual([11, 12, 13]);
  expect(telegram.asked).toEqual([]);
  expect(tracker.committed).toMatchObject({ pts: 103, lastMessageId: 13 });
});

test("updates that overtake each other are put in order without asking", async () => {
  for (const pts of [103, 102]) push(pts);
  await clock.settle();
  expect(accepted).toEqual([]);
  push(101);
  await clock.advance(1000);
  expect(accepted).toEqual([11, 12, 13]);
  expect(telegram.asked).toEqual([]);
});

test("a gap that does not close is fetched", async () => {
  push(103);
  await clock.advance(1000);
  expect(accepted).toEqual([11, 12, 13]);
  expect(telegram.asked).toEqual(["updates.GetDifference"]);
});

test("what Telegram calls too long is fetched", async () => {
  telegram.pts = 102;
  feed.push(telegram, new Api.UpdatesTooLong());
  await eventually(() => expect(accepted).toEqual([11, 12]));
});

test("a quiet connection asks now and then, and fetches only when there is something", async () => {
  await feed.check(0);
  expect(telegram.asked).toEqual(["updates.GetState"]);
  telegram.pts = 101;
  await feed.check(0);
  await eventually(() => expect(accepted).toEqual([11]));
  await feed.check(60_000);
  expect(telegram.asked.at(-1)).toBe("updates.GetDifference");
});

test("something that GramJS can't read costs no other message", async () => {
  telegram.unreadable.add(13);
  telegram.pts = 106;
  await feed.catchUp();
  await clock.settle();
  expect(accepted).toEqual([11, 12, 14, 15, 16]);
  expect(tracker.committed).toMatchObject({ pts: 106, lastMessageId: 16 });
  push(107);
  await clock.settle();
  expect(accepted.at(-1)).toBe(17);
});

test("own messages take their place in the log, and their ids are known", async () => {
  feed.noteOwn(101, 1, 11);
  push(102);
  await clock.settle();
  expect(accepted).toEqual([12]);
  expect(feed.lastMessageId).toBe(12);
});

test("pushes of a connection that is over are not heard", async () => {
  feed.detach();
  push(101);
  await clock.settle();
  expect(accepted).toEqual([]);
  feed.attach(telegram);
  await eventually(() => expect(accepted).toEqual([11]));
});
