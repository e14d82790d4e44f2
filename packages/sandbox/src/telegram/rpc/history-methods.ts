import { Api } from "telegram";
import type { Dialog, Mailbox } from "../world/mailbox.ts";
import type { StoredMessage } from "../world/stored-message.ts";
import type { DataCentreState } from "./data-centre-state.ts";
import type { MethodTable, RpcCall } from "./method-table.ts";
import { findPeer, resolvePeer } from "./peers.ts";
import { peerUser } from "./tl-renderer.ts";

const MAX_PAGE = 100;

/** messages.*: what was written, and that it was read. */
export function addHistoryMethods(table: MethodTable, state: DataCentreState): void {
  const rules = { faulty: true };
  const userRules = { faulty: true, usersOnly: true };
  table.add(Api.messages.GetHistory, userRules, (request, call) => history(state, call, request));
  table.add(Api.messages.GetDialogs, userRules, (request, call) => dialogs(state, call, request));
  table.add(Api.messages.GetMessages, rules, ({ id }, call) => {
    const mailbox = state.world.mailbox(call.me.id);
    const wanted = id.map((item) => messageIdOf(mailbox, item));
    const found = wanted.flatMap((messageId) => mailbox.messages.get(messageId) ?? []);
    return new Api.messages.Messages({
      messages: wanted.map((messageId) => {
        const message = mailbox.messages.get(messageId);
        return message === undefined ? new Api.MessageEmpty({ id: messageId }) : state.renderer.message(message);
      }),
      chats: [],
      users: usersOf(state, call, found),
    });
  });
  table.add(Api.messages.ReadHistory, userRules, ({ peer, maxId }, call) => {
    const { me, session } = call;
    const upto = maxId === 0 ? Number.MAX_SAFE_INTEGER : maxId;
    const update = state.world.read(me.id, resolvePeer(state, call, peer).id, upto, session);
    const { pts } = state.world.mailbox(me.id);
    return new Api.messages.AffectedMessages({ pts: update?.pts ?? pts, ptsCount: update?.ptsCount ?? 0 });
  });
}

/** Newest first, with the offsets of https://core.telegram.org/api/offsets. */
function history(state: DataCentreState, call: RpcCall, request: Api.messages.GetHistory): Api.messages.TypeMessages {
  const mailbox = state.world.mailbox(call.me.id);
  const peer = resolvePeer(state, call, request.peer);
  const newestFirst = (mailbox.dialogs.get(peer.id)?.messageIds ?? []).toReversed();
  const start = newestFirst.findIndex((id) => {
    if (request.offsetId !== 0) return id < request.offsetId;
    return request.offsetDate === 0 || (mailbox.messages.get(id)?.sentAt ?? 0) < request.offsetDate * 1000;
  });
  const from = (start === -1 ? newestFirst.length : start) + request.addOffset;
  const page = newestFirst
    .slice(Math.max(0, from), Math.max(0, from + pageSize(request.limit)))
    .filter((id) => id > request.minId && (request.maxId === 0 || id < request.maxId))
    .flatMap((id) => mailbox.messages.get(id) ?? []);
  const content = {
    messages: page.map((message) => state.renderer.message(message)),
    chats: [],
    users: usersOf(state, call, page),
  };
  return page.length === newestFirst.length
    ? new Api.messages.Messages(content)
    : new Api.messages.MessagesSlice({ ...content, count: newestFirst.length });
}

/** Chats by their last message, newest first. */
function dialogs(state: DataCentreState, call: RpcCall, request: Api.messages.GetDialogs): Api.messages.TypeDialogs {
  const mailbox = state.world.mailbox(call.me.id);
  const all = [...mailbox.dialogs.values()]
    .flatMap((dialog) => {
      const top = mailbox.messages.get(dialog.messageIds.at(-1) ?? 0);
      return top === undefined ? [] : [{ dialog, top }];
    })
    .sort((a, b) => b.top.sentAt - a.top.sentAt || b.top.id - a.top.id);
  const after = findPeer(state, call, request.offsetPeer);
  const start = request.offsetId === 0 ? 0 : 1 + all.findIndex(({ dialog }) => dialog.peerId === after?.id);
  const page = all.slice(start, start + pageSize(request.limit));
  const messages = page.map(({ top }) => top);
  const content = {
    dialogs: page.map(({ dialog, top }) => renderDialog(dialog, top)),
    messages: messages.map((message) => state.renderer.message(message)),
    chats: [],
    users: usersOf(state, call, messages),
  };
  return page.length === all.length
    ? new Api.messages.Dialogs(content)
    : new Api.messages.DialogsSlice({ ...content, count: all.length });
}

function renderDialog(dialog: Dialog, top: StoredMessage): Api.Dialog {
  return new Api.Dialog({
    peer: peerUser(dialog.peerId),
    topMessage: top.id,
    readInboxMaxId: dialog.readInboxMaxId,
    readOutboxMaxId: dialog.readOutboxMaxId,
    unreadCount: dialog.unread,
    unreadMentionsCount: 0,
    unreadReactionsCount: 0,
    notifySettings: new Api.PeerNotifySettings({}),
  });
}

function usersOf(state: DataCentreState, { authKey, me }: RpcCall, messages: readonly StoredMessage[]): Api.User[] {
  return state.renderer.users(
    authKey,
    me.id,
    messages.map((message) => message.peerId),
  );
}

function messageIdOf(mailbox: Mailbox, wanted: Api.TypeInputMessage): number {
  if (wanted instanceof Api.InputMessageID) return wanted.id;
  if (wanted instanceof Api.InputMessageReplyTo) return mailbox.messages.get(wanted.id)?.replyTo ?? 0;
  return 0;
}

function pageSize(limit: number): number {
  return Math.min(MAX_PAGE, Math.max(0, limit));
}
