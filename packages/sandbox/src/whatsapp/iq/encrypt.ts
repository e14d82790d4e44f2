import {
  getAllBinaryNodeChildren,
  getBinaryNodeChild,
  getBinaryNodeChildBuffer,
  getBinaryNodeChildren,
  jidDecode,
  type BinaryNode,
} from "@whiskeysockets/baileys";
import type { CompanionDevice } from "../devices/companion-device.ts";
import { bundleContent, readPreKey, registrationNode, type KeyBundle } from "../signal/key-bundle.ts";
import { EMPTY, itemNotFound, type IqAnswer, type IqContext } from "./iq-context.ts";

/** `xmlns="encrypt"`: the keys a device publishes, and the bundles of others it asks for. */
export function answerEncrypt(query: BinaryNode, context: IqContext): IqAnswer {
  const [request] = getAllBinaryNodeChildren(query);
  const { keys } = context.device;
  if (query.attrs["type"] === "set") return publish(query, context.device);
  switch (request?.tag) {
    case "count":
      return { result: [{ tag: "count", attrs: { value: String(keys.remaining) } }] };
    case "digest":
      return { result: [{ tag: "digest", attrs: {}, content: [registrationNode(keys.registrationId)] }] };
    case "key":
      return bundles(getBinaryNodeChildren(request, "user"), context);
    default:
      return itemNotFound();
  }
}

function publish(query: BinaryNode, device: CompanionDevice): IqAnswer {
  const list = getBinaryNodeChild(query, "list");
  const preKeys = getBinaryNodeChildren(list, "key").map((node) => readPreKey(node));
  if (list) device.uploadKeys(preKeys.filter((preKey) => preKey !== undefined));
  const signed = getBinaryNodeChild(getBinaryNodeChild(query, "rotate") ?? query, "skey");
  const signedPreKey = readPreKey(signed);
  const signature = getBinaryNodeChildBuffer(signed, "signature");
  if (signedPreKey && signature) device.keys.rotate({ ...signedPreKey, signature });
  return EMPTY;
}

function bundles(users: BinaryNode[], context: IqContext): IqAnswer {
  const content = users.map((user) => {
    const jid = user.attrs["jid"] ?? "";
    const bundle = bundleFor(jid, context);
    if (!bundle) return { tag: "user", attrs: { jid }, content: [errorNode()] };
    return {
      tag: "user",
      attrs: { jid },
      content: [registrationNode(bundle.registrationId), ...bundleContent(bundle)],
    };
  });
  return { result: [{ tag: "list", attrs: {}, content }] };
}

/** Phones are device 0; every other number is a linked device of a business. */
function bundleFor(jid: string, { directory }: IqContext): KeyBundle | undefined {
  const number = jidDecode(jid)?.device ?? 0;
  if (number === 0) return directory.find(jid)?.person.signal.issueBundle();
  return directory.findAccount(jid)?.device(number)?.takeBundle();
}

function errorNode(): BinaryNode {
  return { tag: "error", attrs: { code: "404", text: "item-not-found" } };
}
