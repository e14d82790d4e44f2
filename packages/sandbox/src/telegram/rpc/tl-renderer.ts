import { Api } from "telegram";
import type { AuthKey } from "../session/auth-key.ts";
import type { LoggedUpdate } from "../world/logged-update.ts";
import type { Person } from "../world/person.ts";
import type { StoredFile } from "../world/stored-file.ts";
import type { StoredMessage } from "../world/stored-message.ts";
import type { World } from "../world/world.ts";
import type { AccessHashes } from "./access-hashes.ts";
import { toLong } from "./tl-longs.ts";

/** Sent with each file; downloads must show it. */
export const FILE_REFERENCE = Buffer.from("sandbox file reference", "utf8");
/** The only size in which a photo is kept. */
export const PHOTO_SIZE = "x";

/** Writes what the data centre keeps as TL objects, as the one who asks may see them. */
export class TlRenderer {
  readonly #world: World;
  readonly #hashes: AccessHashes;

  constructor(world: World, hashes: AccessHashes) {
    this.#world = world;
    this.#hashes = hashes;
  }

  user(viewerId: number, person: Person): Api.User {
    const self = person.id === viewerId;
    return new Api.User({
      id: toLong(person.id),
      self,
      contact: false,
      bot: person.kind === "bot",
      accessHash: toLong(this.#hashes.ofUser(viewerId, person.id)),
      firstName: person.firstName,
      ...(person.lastName === undefined ? {} : { lastName: person.lastName }),
      ...(person.username === undefined ? {} : { username: person.username }),
      ...(person.phone === undefined ? {} : { phone: person.phone.replaceAll(/\D/g, "") }),
      ...(person.kind === "bot" ? { botInfoVersion: 1 } : {}),
    });
  }

  /** The users that these messages or updates speak of, together with the one who asks. */
  users(authKey: AuthKey, viewerId: number, ids: Iterable<number>): Api.User[] {
    const distinct = new Set([viewerId, ...ids]);
    for (const id of distinct) authKey.knownUsers.add(id);
    return [...distinct].map((id) => this.user(viewerId, this.#world.person(id)));
  }

  message(message: StoredMessage): Api.Message {
    return new Api.Message({
      id: message.id,
      out: message.out,
      peerId: peerUser(message.peerId),
      ...(message.out ? { fromId: peerUser(message.ownerId) } : {}),
      date: Math.floor(message.sentAt / 1000),
      message: message.text,
      ...(message.replyTo === undefined ? {} : { replyTo: replyHeader(message.replyTo) }),
      ...(message.media === undefined ? {} : { media: this.media(message.ownerId, message.media) }),
      ...entitiesOf(message),
      ...(message.editedAt === undefined ? {} : { editDate: Math.floor(message.editedAt / 1000) }),
    });
  }

  update(logged: LoggedUpdate): Api.TypeUpdate {
    const { pts, ptsCount } = logged;
    switch (logged.kind) {
      case "message":
        return new Api.UpdateNewMessage({ message: this.message(logged.message), pts, ptsCount });
      case "edit":
        return new Api.UpdateEditMessage({ message: this.message(logged.message), pts, ptsCount });
      case "read-inbox":
        return new Api.UpdateReadHistoryInbox({
          peer: peerUser(logged.peerId),
          maxId: logged.maxId,
          stillUnreadCount: logged.stillUnread,
          pts,
          ptsCount,
        });
      case "read-outbox":
        return new Api.UpdateReadHistoryOutbox({ peer: peerUser(logged.peerId), maxId: logged.maxId, pts, ptsCount });
    }
  }

  /**
   * An update as it is pushed. A text from somebody whose access hash this login was given already travels in the short
   * form, which names the user by id only: a client that has forgotten the hash must look it up.
   */
  pushed(authKey: AuthKey, ownerId: number, logged: LoggedUpdate): TlUpdates {
    const date = Math.floor(Date.now() / 1000);
    if (logged.kind === "read-inbox" || logged.kind === "read-outbox")
      return new Api.UpdateShort({ update: this.update(logged), date });
    const { message } = logged;
    const short =
      logged.kind === "message" &&
      message.media === undefined &&
      authKey.knownUsers.has(message.peerId) &&
      this.#world.person(ownerId).kind !== "bot";
    if (short) return shortMessage(logged, message);
    return new Api.Updates({
      updates: [this.update(logged)],
      users: this.users(authKey, ownerId, [message.peerId]),
      chats: [],
      date,
      seq: 0,
    });
  }

  media(viewerId: number, file: StoredFile): Api.MessageMediaPhoto | Api.MessageMediaDocument {
    const common = {
      id: toLong(file.id),
      accessHash: toLong(this.#hashes.ofFile(viewerId, file.id)),
      fileReference: FILE_REFERENCE,
      date: Math.floor(file.createdAt / 1000),
      dcId: file.dcId,
    };
    if (file.kind === "photo") {
      const size = new Api.PhotoSize({ type: PHOTO_SIZE, w: file.width, h: file.height, size: file.bytes.length });
      return new Api.MessageMediaPhoto({ photo: new Api.Photo({ ...common, sizes: [size] }) });
    }
    return new Api.MessageMediaDocument({
      document: new Api.Document({
        ...common,
        mimeType: file.mimeType,
        size: toLong(file.bytes.length),
        attributes: documentAttributes(file),
      }),
      voice: file.kind === "voice",
      video: file.kind === "video",
    });
  }
}

/** What a push consists of. */
type TlUpdates = Api.Updates | Api.UpdateShort | Api.UpdateShortMessage;

export function peerUser(userId: number): Api.PeerUser {
  return new Api.PeerUser({ userId: toLong(userId) });
}

/** Formatting goes through as it came. */
export function entitiesOf(message: StoredMessage): { entities?: Api.TypeMessageEntity[] } {
  return message.entities.length === 0 ? {} : { entities: message.entities as Api.TypeMessageEntity[] };
}

function shortMessage(logged: LoggedUpdate, message: StoredMessage): Api.UpdateShortMessage {
  return new Api.UpdateShortMessage({
    id: message.id,
    out: message.out,
    userId: toLong(message.peerId),
    message: message.text,
    pts: logged.pts,
    ptsCount: logged.ptsCount,
    date: Math.floor(message.sentAt / 1000),
    ...(message.replyTo === undefined ? {} : { replyTo: replyHeader(message.replyTo) }),
    ...entitiesOf(message),
  });
}

function replyHeader(replyToMsgId: number): Api.MessageReplyHeader {
  return new Api.MessageReplyHeader({ replyToMsgId });
}

function documentAttributes(file: StoredFile): Api.TypeDocumentAttribute[] {
  const attributes: Api.TypeDocumentAttribute[] = [];
  if (file.kind === "voice") attributes.push(new Api.DocumentAttributeAudio({ voice: true, duration: file.duration }));
  if (file.kind === "video") {
    const { duration, width: w, height: h } = file;
    attributes.push(new Api.DocumentAttributeVideo({ duration, w, h, supportsStreaming: true }));
  }
  if (file.fileName !== undefined) attributes.push(new Api.DocumentAttributeFilename({ fileName: file.fileName }));
  return attributes;
}
