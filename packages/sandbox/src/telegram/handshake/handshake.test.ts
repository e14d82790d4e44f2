import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { tlBytes, uint32 } from "../tl/tl-writer.ts";
import { Handshake } from "./handshake.ts";
import { ServerKey } from "./server-key.ts";

const NONCE = randomBytes(16);
const REQ_PQ_MULTI = Buffer.concat([uint32(0xbe7e8ef1), NONCE]);

async function newHandshake(): Promise<{ handshake: Handshake; key: ServerKey }> {
  const key = await ServerKey.generate();
  const handshake = new Handshake(key, () => expect.unreachable("no key may be agreed on"));
  return { handshake, key };
}

test("refuses what comes out of order", async () => {
  const { handshake } = await newHandshake();
  expect(() => handshake.answer(Buffer.concat([uint32(0xd712e4be), Buffer.alloc(64)]))).toThrow("before req_pq_multi");
  expect(() => handshake.answer(Buffer.concat([uint32(0xf5045f1f), Buffer.alloc(64)]))).toThrow("before req_DH_params");
  expect(() => handshake.answer(uint32(0x12345678))).toThrow("without encryption");
});

test("refuses foreign nonces, wrong factors and what was encrypted for another key", async () => {
  const { handshake, key } = await newHandshake();
  const serverNonce = handshake.answer(REQ_PQ_MULTI).subarray(20, 36);
  const request = (nonce: Buffer, p: Buffer): Buffer =>
    Buffer.concat([
      uint32(0xd712e4be),
      nonce,
      serverNonce,
      tlBytes(p),
      tlBytes(p),
      key.fingerprint,
      tlBytes(Buffer.alloc(256)),
    ]);
  expect(() => handshake.answer(request(randomBytes(16), Buffer.alloc(4)))).toThrow("another key exchange");
  expect(() => handshake.answer(request(NONCE, Buffer.alloc(4)))).toThrow("factors");
  expect(() => key.open(Buffer.concat([Buffer.from([0]), randomBytes(255)]))).toThrow("another data centre");
});
