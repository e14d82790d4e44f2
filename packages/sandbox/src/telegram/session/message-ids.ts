const FRACTION_BITS = 32n;
const MAX_AGE_SECONDS = 300;
const MAX_AHEAD_SECONDS = 30;

/** The low bits of a server's message id: an answer to a message, or a message of its own. */
export type ServerMessageKind = 1n | 3n;

/** Hands out a server's message ids: growing, close to unix time times 2^32. */
export class MessageIds {
  #last = 0n;

  next(kind: ServerMessageKind): bigint {
    const now = Date.now();
    const seconds = BigInt(Math.floor(now / 1000));
    const fraction = (BigInt(now % 1000) << FRACTION_BITS) / 1000n;
    const base = ((seconds << FRACTION_BITS) | fraction) & ~3n;
    const previous = this.#last & ~3n;
    this.#last = (base > previous ? base : previous + 4n) | kind;
    return this.#last;
  }
}

/**
 * Why a client's message id is refused, as a bad_msg_notification code (https://core.telegram.org/mtproto/service_messages_about_messages):
 * 16 too old, 17 too far ahead, 18 not divisible by four. `undefined` when it is fine.
 */
export function clientMessageIdError(messageId: bigint, now = Date.now()): 16 | 17 | 18 | undefined {
  if ((messageId & 3n) !== 0n) return 18;
  const seconds = Number(messageId >> FRACTION_BITS);
  if (seconds < now / 1000 - MAX_AGE_SECONDS) return 16;
  if (seconds > now / 1000 + MAX_AHEAD_SECONDS) return 17;
  return undefined;
}
