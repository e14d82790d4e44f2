import { Api } from "telegram";

/** A private message, or a note in a private chat (a call, for instance). */
export type PrivateMessage = Api.Message | Api.MessageService;

/** Something that happened and concerns us. */
export type Happening =
  | { readonly kind: "message"; readonly chatId: string; readonly message: PrivateMessage }
  /** The customer read what we wrote, up to this message. */
  | { readonly kind: "read"; readonly chatId: string; readonly upToId: number }
  /** Which id Telegram gave to a message that we sent under this random id. */
  | { readonly kind: "sent"; readonly randomId: string; readonly messageId: number };

/** A step in the account's log, or something outside of it (without pts). */
export interface Change {
  readonly pts?: number;
  readonly ptsCount?: number;
  /** The change is a message of ours, known from the answer to its sending. */
  readonly ownMessageId?: number;
  readonly happenings: readonly Happening[];
}

/** What one container of updates says. */
export interface Changes {
  readonly users: readonly Api.TypeUser[];
  readonly changes: readonly Change[];
  /** Telegram asks to fetch the difference. */
  readonly incomplete: boolean;
}

const NOTHING: Changes = { users: [], changes: [], incomplete: false };

/** Reads a container of updates (https://core.telegram.org/api/updates). */
export function readUpdates(updates: Api.TypeUpdates): Changes {
  if (updates instanceof Api.UpdatesTooLong) return { ...NOTHING, incomplete: true };
  if (updates instanceof Api.UpdateShort) return readAll([updates.update], []);
  if (updates instanceof Api.Updates || updates instanceof Api.UpdatesCombined)
    return readAll(updates.updates, updates.users);
  if (updates instanceof Api.UpdateShortMessage) {
    const { pts, ptsCount } = updates;
    return { ...NOTHING, changes: [{ pts, ptsCount, happenings: messageHappening(fromShort(updates)) }] };
  }
  // Group messages in short form, and answers to our own requests, which are read where they are awaited.
  return NOTHING;
}

/** Reads what a difference consists of: messages first, then everything else. */
export function readDifference(difference: Api.updates.Difference | Api.updates.DifferenceSlice): readonly Happening[] {
  const others = difference.otherUpdates.flatMap((update) => readUpdate(update).happenings);
  return [...difference.newMessages.flatMap((message) => messageHappening(message)), ...others];
}

/** A message of a private chat as a happening; nothing for other chats. */
export function messageHappening(message: Api.TypeMessage): readonly Happening[] {
  if (!(message instanceof Api.Message || message instanceof Api.MessageService)) return [];
  const { peerId } = message;
  if (!(peerId instanceof Api.PeerUser)) return [];
  return [{ kind: "message", chatId: peerId.userId.toString(), message }];
}

function readAll(updates: readonly Api.TypeUpdate[], users: readonly Api.TypeUser[]): Changes {
  const incomplete = updates.some((update) => update instanceof Api.UpdatePtsChanged);
  return { users, changes: updates.map((update) => readUpdate(update)), incomplete };
}

function readUpdate(update: Api.TypeUpdate): Change {
  const happenings = happeningsOf(update);
  // Channels have logs of their own; their updates are named after them.
  if ("pts" in update && "ptsCount" in update && !update.className.includes("Channel"))
    return { pts: update.pts, ptsCount: update.ptsCount, happenings };
  return { happenings };
}

function happeningsOf(update: Api.TypeUpdate): readonly Happening[] {
  if (update instanceof Api.UpdateNewMessage) return messageHappening(update.message);
  if (update instanceof Api.UpdateReadHistoryOutbox && update.peer instanceof Api.PeerUser)
    return [{ kind: "read", chatId: update.peer.userId.toString(), upToId: update.maxId }];
  if (update instanceof Api.UpdateMessageID && update.randomId !== undefined)
    return [{ kind: "sent", randomId: update.randomId.toString(), messageId: update.id }];
  return [];
}

function fromShort(update: Api.UpdateShortMessage): Api.Message {
  const { id, out, userId, message, date, fwdFrom, viaBotId, replyTo, entities, ttlPeriod } = update;
  const optional = { out, fwdFrom, viaBotId, replyTo, entities, ttlPeriod };
  const present = Object.fromEntries(
    Object.entries(optional).filter(([, value]) => value !== null && value !== undefined),
  );
  return new Api.Message({ id, peerId: new Api.PeerUser({ userId }), message, date, ...present });
}
