import { NOISE_WA_HEADER } from "@whiskeysockets/baileys";
import type { FrameReader } from "./frame-reader.ts";

const HEADER_BYTES = NOISE_WA_HEADER.length;
const ROUTING_MARK = Buffer.from("ED", "latin1");
/** "ED", two version bytes, three bytes of length. */
const ROUTING_HEAD_BYTES = 7;

/**
 * Reads what a client opens the stream with: `W A 6 3`, preceded by edge routing information when it was given some.
 * Undefined until all of it has arrived; throws when it is something else.
 */
export function readOpening(reader: FrameReader): Buffer | undefined {
  const first = reader.peek(ROUTING_MARK.length);
  if (!first) return undefined;
  if (first.equals(ROUTING_MARK) && !skipRouting(reader)) return undefined;
  const header = reader.take(HEADER_BYTES);
  if (header && !header.equals(NOISE_WA_HEADER)) throw new Error("The stream does not open as WhatsApp Web's does.");
  return header;
}

function skipRouting(reader: FrameReader): boolean {
  const head = reader.peek(ROUTING_HEAD_BYTES);
  if (!head) return false;
  const length = ROUTING_HEAD_BYTES + head.readUIntBE(4, 3);
  if (!reader.peek(length + HEADER_BYTES)) return false;
  reader.take(length);
  return true;
}
