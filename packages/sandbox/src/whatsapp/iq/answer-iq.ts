import { getBinaryNodeChild, S_WHATSAPP_NET, type BinaryNode } from "@whiskeysockets/baileys";
import { MAX_UPLOAD_BYTES } from "../media/media-host.ts";
import { answerEncrypt } from "./encrypt.ts";
import { EMPTY, itemNotFound, type IqContext, type IqHandler } from "./iq-context.ts";
import { answerUsync } from "./usync.ts";

/** How long a client may keep upload hosts and auth, in seconds. */
const MEDIA_CONN_TTL = "300";

/** What a privacy question is answered with: everything is open. */
const PRIVACY = ["last", "online", "profile", "status", "readreceipts", "groupadd", "calladd"];

const HANDLERS: Readonly<Record<string, IqHandler>> = {
  encrypt: answerEncrypt,
  usync: answerUsync,
  "w:m": (_query, { mediaHost }) => ({
    result: [
      {
        tag: "media_conn",
        attrs: { auth: mediaHost.auth, ttl: MEDIA_CONN_TTL, max_buckets: "12" },
        content: [
          {
            tag: "host",
            attrs: { hostname: mediaHost.hostname, maxContentLengthBytes: String(MAX_UPLOAD_BYTES) },
          },
        ],
      },
    ],
  }),
  privacy: (query) =>
    getBinaryNodeChild(query, "privacy")
      ? {
          result: [
            {
              tag: "privacy",
              attrs: {},
              content: PRIVACY.map((name) => ({ tag: "category", attrs: { name, value: "all" } })),
            },
          ],
        }
      : EMPTY,
  abt: () => ({ result: [{ tag: "props", attrs: { protocol: "1", hash: "sandbox" }, content: [] }] }),
  blocklist: () => ({ result: [{ tag: "list", attrs: {}, content: [] }] }),
  "w:profile:picture": itemNotFound,
};

/** The answer to any query of a linked device. What the sandbox knows nothing about gets an empty result. */
export function answerIq(query: BinaryNode, context: IqContext): BinaryNode {
  const answer = HANDLERS[query.attrs["xmlns"] ?? ""]?.(query, context) ?? EMPTY;
  const attrs = { from: S_WHATSAPP_NET, id: query.attrs["id"] ?? "" };
  if ("error" in answer) {
    return {
      tag: "iq",
      attrs: { ...attrs, type: "error" },
      content: [{ tag: "error", attrs: answer.error }],
    };
  }
  return { tag: "iq", attrs: { ...attrs, type: "result" }, content: answer.result };
}
