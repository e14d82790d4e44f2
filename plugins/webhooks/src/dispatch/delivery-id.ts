import { createHash } from "node:crypto";

/**
 * The id under which a subscription is sent an event, however often the event is dispatched: a UUIDv8 that begins with
 * the event's own time, so that ids of deliveries sort like those of events.
 */
export function deliveryIdOf(eventId: string, subscriptionId: string): string {
  const hash = createHash("sha256").update(`${eventId}/${subscriptionId}`).digest("hex");
  const time = /^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(eventId)
    ? eventId.slice(0, 13)
    : `${hash.slice(19, 27)}-${hash.slice(27, 31)}`;
  const variant = (0x8 | (Number.parseInt(hash.charAt(3), 16) & 0x3)).toString(16);
  return `${time}-8${hash.slice(0, 3)}-${variant}${hash.slice(4, 7)}-${hash.slice(7, 19)}`;
}
