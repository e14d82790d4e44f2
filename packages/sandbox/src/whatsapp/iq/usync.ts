import { getBinaryNodeChild, getBinaryNodeChildren, isLidUser, type BinaryNode } from "@whiskeysockets/baileys";
import type { IqAnswer, IqContext } from "./iq-context.ts";

/** `xmlns="usync"`: which devices a person has, which LID belongs to a number, whether a number is registered. */
export function answerUsync(query: BinaryNode, context: IqContext): IqAnswer {
  const usync = getBinaryNodeChild(query, "usync");
  const users = getBinaryNodeChildren(getBinaryNodeChild(usync, "list"), "user");
  const content = users.map((user) => describe(user, context));
  return { result: [{ tag: "usync", attrs: {}, content: [{ tag: "list", attrs: {}, content }] }] };
}

function describe(user: BinaryNode, context: IqContext): BinaryNode {
  const phone = textOf(getBinaryNodeChild(user, "contact"));
  const asked = user.attrs["jid"] ?? phone ?? "";
  const found = context.directory.find(asked);
  const jid = user.attrs["jid"] ?? found?.person.phoneAddress ?? `${asked.replace(/^\+/, "")}@s.whatsapp.net`;
  const contact: BinaryNode = { tag: "contact", attrs: { type: found ? "in" : "out" } };
  if (!found) return { tag: "user", attrs: { jid }, content: [contact] };
  const content = [contact, devices(asked, context)];
  // Asked by LID, the server does not repeat the LID; a client would take the repetition for a change of identity.
  if (!isLidUser(asked)) content.push({ tag: "lid", attrs: { val: found.lid } });
  return { tag: "user", attrs: { jid }, content };
}

function devices(jid: string, { directory }: IqContext): BinaryNode {
  const linked = directory.findAccount(jid)?.linkedDevices() ?? [];
  const companions = linked.map(({ id }) => ({ id: String(id), "key-index": String(id) }));
  const list = [{ id: "0" }, ...companions].map((attrs) => ({ tag: "device", attrs }));
  return { tag: "devices", attrs: {}, content: [{ tag: "device-list", attrs: {}, content: list }] };
}

function textOf(node: BinaryNode | undefined): string | undefined {
  if (typeof node?.content === "string") return node.content;
  return node?.content instanceof Uint8Array ? Buffer.from(node.content).toString() : undefined;
}
