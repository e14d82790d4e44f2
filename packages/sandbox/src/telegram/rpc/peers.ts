import { Api } from "telegram";
import type { Person } from "../world/person.ts";
import type { DataCentreState } from "./data-centre-state.ts";
import type { RpcCall } from "./method-table.ts";
import { RpcFailure } from "./rpc-failure.ts";
import { fromLong } from "./tl-longs.ts";

/** The user that a request names. Throws PEER_ID_INVALID for a stranger, a wrong access hash or anything but a user. */
export function resolvePeer(state: DataCentreState, call: RpcCall, peer: unknown): Person {
  const person = findPeer(state, call, peer);
  if (person === undefined) throw new RpcFailure(400, "PEER_ID_INVALID");
  // Bots may not write first.
  if (call.me.kind === "bot" && !state.world.mailbox(call.me.id).dialogs.has(person.id))
    throw new RpcFailure(400, "PEER_ID_INVALID");
  return person;
}

/** The same, `undefined` when there is no such user or the client may not know it. */
export function findPeer(state: DataCentreState, call: RpcCall, peer: unknown): Person | undefined {
  const { world, hashes } = state;
  const { me } = call;
  if (peer instanceof Api.InputPeerSelf || peer instanceof Api.InputUserSelf) return me;
  if (peer instanceof Api.InputPeerUser || peer instanceof Api.InputUser) {
    const userId = peer.userId.toJSNumber();
    if (userId === me.id) return me;
    const known = fromLong(peer.accessHash) === hashes.ofUser(me.id, userId);
    // Bots may name those who wrote to them without an access hash.
    const wroteToBot = me.kind === "bot" && peer.accessHash.isZero() && world.mailbox(me.id).dialogs.has(userId);
    return known || wroteToBot ? world.findPerson(userId) : undefined;
  }
  if (peer instanceof Api.InputPeerUserFromMessage || peer instanceof Api.InputUserFromMessage) {
    const userId = peer.userId.toJSNumber();
    const message = world.mailbox(me.id).messages.get(peer.msgId);
    return message?.peerId === userId ? world.findPerson(userId) : undefined;
  }
  return undefined;
}
