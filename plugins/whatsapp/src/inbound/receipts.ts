import { getBinaryNodeChildren, getBinaryNodeChild, type BinaryNode } from "@whiskeysockets/baileys";
import type { DeliveryUpdate } from "@crmessenger/kernel/communication";
import { userOf } from "../jid.ts";

/** What the types of receipts from a customer's devices mean; other types do not concern delivery. */
const STATUS: Readonly<Record<string, DeliveryUpdate["status"]>> = {
  "": "delivered",
  inactive: "delivered",
  read: "read",
  played: "read",
};

/** The delivery updates in a receipt stanza. They are matched by message id: the address may be another than the one written to. */
export function updatesOf(receipt: BinaryNode, ownUsers: ReadonlySet<string>, now: number): DeliveryUpdate[] {
  const { id, from = "", participant, type = "" } = receipt.attrs;
  const status = STATUS[type];
  if (!id || !status || ownUsers.has(userOf(participant ?? from))) return [];
  const seconds = Number(receipt.attrs["t"]);
  const at = new Date(Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : now).toISOString();
  const listed = getBinaryNodeChildren(getBinaryNodeChild(receipt, "list"), "item").map(
    (item) => item.attrs["id"] ?? "",
  );
  return [id, ...listed].filter(Boolean).map((externalId) => ({ externalId, status, at }));
}
