/**
 * How far an outbound message came: a lattice queued < sent < delivered < read. A late or repeated status never
 * moves it back; `failed` is terminal, and only a message that was not yet delivered can fail.
 */
export type DeliveryStatus = "queued" | "sent" | "delivered" | "read" | "failed";

const RANK: Readonly<Record<DeliveryStatus, number>> = { queued: 0, sent: 1, delivered: 2, read: 3, failed: 4 };

/** The status after `reported` arrives while `current` holds. */
export function advanceDelivery(current: DeliveryStatus, reported: DeliveryStatus): DeliveryStatus {
  if (current === "failed") return "failed";
  if (reported === "failed") return RANK[current] >= RANK.delivered ? current : "failed";
  return RANK[reported] > RANK[current] ? reported : current;
}
