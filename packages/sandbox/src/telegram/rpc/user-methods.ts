import { Api } from "telegram";
import type { Person } from "../world/person.ts";
import type { DataCentreState } from "./data-centre-state.ts";
import type { MethodTable, RpcCall } from "./method-table.ts";
import { findPeer } from "./peers.ts";
import { RpcFailure } from "./rpc-failure.ts";
import { peerUser } from "./tl-renderer.ts";
import { toLong } from "./tl-longs.ts";

/** users.* and contacts.*: who is who. */
export function addUserMethods(table: MethodTable, state: DataCentreState): void {
  table.add(Api.users.GetUsers, {}, ({ id }, call) => {
    const { me } = call;
    return id.map((wanted: unknown) => {
      const person = findPeer(state, call, wanted);
      if (person === undefined) return new Api.UserEmpty({ id: toLong(0) });
      call.authKey.knownUsers.add(person.id);
      return state.renderer.user(me.id, person);
    });
  });
  table.add(Api.users.GetFullUser, {}, ({ id }, call) => {
    const person = findPeer(state, call, id);
    if (person === undefined) throw new RpcFailure(400, "USER_ID_INVALID");
    return new Api.users.UserFull({
      fullUser: new Api.UserFull({
        id: toLong(person.id),
        settings: new Api.PeerSettings({}),
        notifySettings: new Api.PeerNotifySettings({}),
        commonChatsCount: 0,
      }),
      chats: [],
      users: state.renderer.users(call.authKey, call.me.id, [person.id]),
    });
  });
  table.add(Api.contacts.ResolveUsername, {}, ({ username }, call) => {
    if (!/^[a-z]\w{3,31}$/i.test(username)) throw new RpcFailure(400, "USERNAME_INVALID");
    return resolved(state, call, state.world.findByUsername(username), "USERNAME_NOT_OCCUPIED");
  });
  table.add(Api.contacts.ResolvePhone, { usersOnly: true }, ({ phone }, call) =>
    resolved(state, call, state.world.findByPhone(phone), "PHONE_NOT_OCCUPIED"),
  );
}

function resolved(
  state: DataCentreState,
  call: RpcCall,
  person: Person | undefined,
  otherwise: string,
): Api.contacts.ResolvedPeer {
  if (person === undefined) throw new RpcFailure(400, otherwise);
  return new Api.contacts.ResolvedPeer({
    peer: peerUser(person.id),
    chats: [],
    users: state.renderer.users(call.authKey, call.me.id, [person.id]),
  });
}
