import { transformPoint } from "../hooks/hook-point.ts";
import type { StoredEvent } from "./event-log.ts";

export const EventHooks = Object.freeze({
  /**
   * Runs when an event is about to leave the application, once for each reader and in the reader's execution context:
   * for event streams and webhooks. What is not for this reader is taken out of its payload; topic, aggregate and
   * position stay. A throw keeps the event back, and it is tried again.
   */
  shown: transformPoint<StoredEvent>("infrastructure.event-shown"),
});
