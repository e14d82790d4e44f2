import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { int64, tlBytes, uint32 } from "../tl/tl-writer.ts";
import { AuthKey } from "./auth-key.ts";
import { MessageDispatcher } from "./message-dispatcher.ts";
import { clientMessageIdError } from "./message-ids.ts";
import { ServerSalts } from "./salts.ts";
import { Session } from "./session.ts";

const REQUEST = Buffer.concat([uint32(0xc4f9186b), Buffer.alloc(40)]);

function dispatcherAndLog(): { dispatcher: MessageDispatcher; session: Session; handled: bigint[] } {
  const handled: bigint[] = [];
  const dispatcher = new MessageDispatcher((_session, messageId, request) => {
    expect(request).toEqual(REQUEST);
    handled.push(messageId);
  });
  return { dispatcher, session: new Session(1n, new AuthKey(randomBytes(256))), handled };
}

test("opens containers and compressed messages, in order", () => {
  const { dispatcher, session, handled } = dispatcherAndLog();
  const packed = Buffer.concat([uint32(0x3072cfa1), tlBytes(gzipSync(REQUEST))]);
  const inner = [REQUEST, packed].map((body, index) =>
    Buffer.concat([int64(BigInt(8 + index * 4)), uint32(1), uint32(body.length), body]),
  );
  dispatcher.dispatch(session, 4n, Buffer.concat([uint32(0x73f1f8dc), uint32(2), ...inner]));
  expect(handled).toEqual([8n, 12n]);
});

test("a repeated message takes effect once", () => {
  const { dispatcher, session, handled } = dispatcherAndLog();
  dispatcher.dispatch(session, 8n, REQUEST);
  dispatcher.dispatch(session, 8n, REQUEST);
  expect(handled).toEqual([8n]);
});

test("a truncated container is refused", () => {
  const { dispatcher, session } = dispatcherAndLog();
  expect(() => dispatcher.dispatch(session, 4n, Buffer.concat([uint32(0x73f1f8dc), uint32(1), int64(8n)]))).toThrow(
    RangeError,
  );
});

test("message ids must be of about now", () => {
  const now = 1_700_000_000_000;
  const id = (seconds: number): bigint => BigInt(1_700_000_000 + seconds) << 32n;
  expect(clientMessageIdError(id(0), now)).toBeUndefined();
  expect(clientMessageIdError(id(-400), now)).toBe(16);
  expect(clientMessageIdError(id(60), now)).toBe(17);
  expect(clientMessageIdError(id(0) | 1n, now)).toBe(18);
});

test("the salt changes every half hour and the previous one still counts", () => {
  let now = 0;
  const salts = new ServerSalts(() => now);
  const key = randomBytes(8);
  const first = salts.current(key);
  now += 30 * 60_000;
  expect(salts.current(key)).not.toBe(first);
  expect(salts.accepts(key, first)).toBe(true);
  now += 30 * 60_000;
  expect(salts.accepts(key, first)).toBe(false);
});
