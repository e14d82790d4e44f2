import type { SendResult } from "@crmessenger/kernel/communication";
import type { ServerAck } from "./server-acks.ts";

const SOON_MS = 2_000;
const LATER_MS = 60_000;

/** What the server's answer to a message means. */
export function sendOutcome(externalId: string, ack: ServerAck): SendResult {
  if (ack.accepted) return { outcome: "accepted", externalId, at: new Date(ack.at).toISOString(), status: "sent" };
  const { code } = ack;
  switch (code) {
    case 463:
      return rejected(
        "WhatsApp does not let this account begin conversations at present; see the phone for what to do.",
      );
    case 404:
      return rejected("The recipient is not on WhatsApp.");
    case 479:
      // Usually keys of a device that was replaced: they are fetched anew for the next attempt.
      return deferred(SOON_MS, code);
    case 420:
    case 429:
      return deferred(LATER_MS, code);
    default:
      return code >= 500 ? deferred(SOON_MS, code) : rejected(`WhatsApp refused the message (${code}).`);
  }
}

function rejected(reason: string): SendResult {
  return { outcome: "rejected", reason };
}

function deferred(retryAfterMs: number, code: number): SendResult {
  return { outcome: "deferred", retryAfterMs, reason: `WhatsApp could not take the message just now (${code}).` };
}
