import { randomBytes } from "node:crypto";
import { MTProtoState } from "telegram/network/MTProtoState.js";
import { AuthKey } from "telegram/crypto/AuthKey.js";
import bigInt from "big-integer";
import { Logger } from "telegram";
import { expect, test } from "vitest";
import { MessageCipher } from "./message-cipher.ts";

async function clientState(key: Buffer): Promise<MTProtoState> {
  const authKey = new AuthKey();
  await authKey.setKey(key);
  return new MTProtoState(authKey, new Logger());
}

test("opens what a client seals", async () => {
  const key = randomBytes(256);
  const state = await clientState(key);
  state.salt = bigInt("-5");
  const body = randomBytes(40);
  const head = Buffer.alloc(16);
  head.writeBigInt64LE(0x1234_5678_0000_0004n, 0);
  head.writeUInt32LE(7, 8);
  head.writeUInt32LE(body.length, 12);
  const opened = new MessageCipher(key).open(await state.encryptMessageData(Buffer.concat([head, body])));
  expect(opened).toMatchObject({ salt: -5n, messageId: 0x1234_5678_0000_0004n, sequence: 7 });
  expect(opened.body).toEqual(body);
});

test("seals what a client opens", async () => {
  const key = randomBytes(256);
  const state = await clientState(key);
  const pong = Buffer.alloc(20);
  pong.writeUInt32LE(0x347773c5);
  const head = { salt: 1n, sessionId: 2n, messageId: 0x6000_0000_0000_0001n, sequence: 3 };
  const message = await state.decryptMessageData(new MessageCipher(key).seal(head, pong));
  expect(message.obj.className).toBe("Pong");
});

test("refuses a message that was changed on the way, or sealed with another key", () => {
  const cipher = new MessageCipher(randomBytes(256));
  const sealed = cipher.seal({ salt: 1n, sessionId: 2n, messageId: 4n, sequence: 0 }, Buffer.from("text"));
  expect(() => new MessageCipher(randomBytes(256)).open(sealed)).toThrow("message key");
  sealed.writeUInt8(sealed.readUInt8(30) ^ 1, 30);
  expect(() => cipher.open(sealed)).toThrow("message key");
});
