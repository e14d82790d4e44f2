import { Api } from "telegram";
import type { LoggedUpdate } from "../world/logged-update.ts";
import type { StoredFile } from "../world/stored-file.ts";
import type { StoredMessage } from "../world/stored-message.ts";
import type { DataCentreState } from "./data-centre-state.ts";
import type { MethodTable, RpcCall } from "./method-table.ts";
import { resolvePeer } from "./peers.ts";
import { receiveMedia } from "./received-media.ts";
import { RpcFailure } from "./rpc-failure.ts";
import { fromLong, toLong } from "./tl-longs.ts";
import { entitiesOf } from "./tl-renderer.ts";

const MAX_TEXT = 4096;
const MAX_CAPTION = 1024;

type SendRequest = Api.messages.SendMessage | Api.messages.SendMedia;

/** messages.send*, editMessage and setTyping: what the business writes. */
export function addSendingMethods(table: MethodTable, state: DataCentreState): void {
  const rules = { sends: true, faulty: true };
  table.add(Api.messages.SendMessage, rules, (request, call) => {
    checkText(request.message);
    const { message, update } = write(state, call, request, () => undefined);
    return sentText(message, update);
  });
  table.add(Api.messages.SendMedia, rules, (request, call) => {
    if (length(request.message) > MAX_CAPTION) throw new RpcFailure(400, "MEDIA_CAPTION_TOO_LONG");
    const { message, update } = write(state, call, request, () => receiveMedia(state, call, request.media));
    return announced(state, call, message, [
      new Api.UpdateMessageID({ id: message.id, randomId: toLong(BigInt(message.randomId ?? 0)) }),
      state.renderer.update(update),
    ]);
  });
  table.add(Api.messages.EditMessage, { faulty: true }, (request, call) => edit(state, call, request));
  table.add(Api.messages.SetTyping, {}, ({ peer }, call) => {
    state.world.type(call.me.id, resolvePeer(state, call, peer).id);
    return true;
  });
}

function write(
  state: DataCentreState,
  call: RpcCall,
  request: SendRequest,
  media: () => StoredFile | undefined,
): { message: StoredMessage; update: LoggedUpdate } {
  const { me, authKey, session } = call;
  const peer = resolvePeer(state, call, request.peer);
  const mailbox = state.world.mailbox(me.id);
  // The field is required on the wire; only GramJS's type makes it optional, because its clients fill it in.
  const randomId = fromLong(request.randomId ?? toLong(0)).toString();
  if (mailbox.byRandomId.has(randomId)) throw new RpcFailure(500, "RANDOM_ID_DUPLICATE");
  const replyTo = request.replyTo instanceof Api.InputReplyToMessage ? request.replyTo.replyToMsgId : undefined;
  if (replyTo !== undefined && mailbox.messages.get(replyTo)?.peerId !== peer.id)
    throw new RpcFailure(400, "REPLY_MESSAGE_ID_INVALID");
  return state.world.deliver(
    {
      fromId: me.id,
      toId: peer.id,
      text: request.message,
      // Optional vectors arrive as null from the codec.
      entities: request.entities ?? [],
      media: media(),
      replyTo,
      randomId,
      writtenUnder: authKey.id,
    },
    session,
  );
}

/** The answer for texts is short: the client knows the rest. */
function sentText(message: StoredMessage, update: LoggedUpdate): Api.UpdateShortSentMessage {
  return new Api.UpdateShortSentMessage({
    out: true,
    id: message.id,
    pts: update.pts,
    ptsCount: update.ptsCount,
    date: Math.floor(message.sentAt / 1000),
    ...entitiesOf(message),
  });
}

function announced(
  state: DataCentreState,
  { authKey, me }: RpcCall,
  message: StoredMessage,
  updates: Api.TypeUpdate[],
): Api.Updates {
  const users = state.renderer.users(authKey, me.id, [message.peerId]);
  return new Api.Updates({ updates, users, chats: [], date: Math.floor(Date.now() / 1000), seq: 0 });
}

function edit(state: DataCentreState, call: RpcCall, request: Api.messages.EditMessage): Api.Updates {
  const peer = resolvePeer(state, call, request.peer);
  const message = state.world.mailbox(call.me.id).messages.get(request.id);
  if (message === undefined || message.peerId !== peer.id) throw new RpcFailure(400, "MESSAGE_ID_INVALID");
  if (!message.out) throw new RpcFailure(403, "MESSAGE_AUTHOR_REQUIRED");
  const text = request.message ?? "";
  if (message.media === undefined) checkText(text);
  if (text === message.text) throw new RpcFailure(400, "MESSAGE_NOT_MODIFIED");
  const update = state.world.edit(message, text, request.entities ?? [], call.session);
  return announced(state, call, message, [state.renderer.update(update)]);
}

function checkText(text: string): void {
  if (text.trim() === "") throw new RpcFailure(400, "MESSAGE_EMPTY");
  if (length(text) > MAX_TEXT) throw new RpcFailure(400, "MESSAGE_TOO_LONG");
}

/** Telegram counts characters, not UTF-16 units. */
function length(text: string): number {
  let count = 0;
  for (const _character of text) count += 1;
  return count;
}
