/** The NOTIFY channel of the event log. The payload is the new head, or `replay <subscription>`. */
export const EVENTS_CHANNEL = "crmessenger_events";
