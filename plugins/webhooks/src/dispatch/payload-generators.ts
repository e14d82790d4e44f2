import type { PayloadGenerator, WebhookPayload } from "@crmessenger/kernel/extensibility";
import type { StoredEvent } from "@crmessenger/kernel/infrastructure";

/** The whole event. */
export const fullPayload: PayloadGenerator = {
  name: "full",
  generate: async (event) => inEnvelope(event, event.payload),
};

/** What it is about, by id: the receiver reads the API, and sees what it may see there. */
export const thinPayload: PayloadGenerator = {
  name: "thin",
  async generate(event) {
    const { type, id, version } = event.aggregate;
    return inEnvelope(event, { entity: type, id, ...(version === undefined ? {} : { version }) });
  },
};

/** The envelope that Standard Webhooks recommends, with where the event stands in the log. */
function inEnvelope(event: StoredEvent, data: unknown): WebhookPayload {
  const { topic: type, version, occurredAt: timestamp, id: eventId, position } = event;
  return {
    contentType: "application/json",
    body: JSON.stringify({ type, version, timestamp, eventId, position, data }),
  };
}
