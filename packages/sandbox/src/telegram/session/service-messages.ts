import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { int64, tlBytes, uint32 } from "../tl/tl-writer.ts";

/** Answers that are shorter are not worth compressing. */
const COMPRESS_FROM_BYTES = 2048;

/** A message without encryption, as the key exchange uses it: no key, an id, a length. */
export function unencryptedMessage(messageId: bigint, body: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(8), int64(messageId), uint32(body.length), body]);
}

/** bad_server_salt: use this salt and send again. */
export function badServerSalt(messageId: bigint, sequence: number, salt: bigint): Buffer {
  return Buffer.concat([uint32(0xedab447b), int64(messageId), uint32(sequence), uint32(48), int64(salt)]);
}

/** bad_msg_notification: the message was ignored because of its id. */
export function badMessageNotification(messageId: bigint, sequence: number, code: number): Buffer {
  return Buffer.concat([uint32(0xa7eff811), int64(messageId), uint32(sequence), uint32(code)]);
}

/** new_session_created: what was said in earlier sessions is over. */
export function newSessionCreated(firstMessageId: bigint, salt: bigint): Buffer {
  return Buffer.concat([uint32(0x9ec20908), int64(firstMessageId), randomBytes(8), int64(salt)]);
}

/** pong. */
export function pong(messageId: bigint, pingId: Buffer): Buffer {
  return Buffer.concat([uint32(0x347773c5), int64(messageId), pingId]);
}

/** rpc_result, compressed when `compress` allows it and it helps. */
export function rpcResult(messageId: bigint, answer: Buffer, compress: boolean): Buffer {
  const packed = compress && answer.length >= COMPRESS_FROM_BYTES ? pack(answer) : answer;
  return Buffer.concat([uint32(0xf35c6d01), int64(messageId), packed.length < answer.length ? packed : answer]);
}

/** rpc_error. */
export function rpcError(code: number, message: string): Buffer {
  const signed = Buffer.alloc(4);
  signed.writeInt32LE(code);
  return Buffer.concat([uint32(0x2144ca19), signed, tlBytes(Buffer.from(message, "utf8"))]);
}

function pack(body: Buffer): Buffer {
  return Buffer.concat([uint32(0x3072cfa1), tlBytes(gzipSync(body, { level: 1 }))]);
}
