import { Api } from "telegram";
import type { LoggedUpdate } from "../world/logged-update.ts";
import type { Mailbox } from "../world/mailbox.ts";
import type { DataCentreState } from "./data-centre-state.ts";
import type { MethodTable, RpcCall } from "./method-table.ts";
import { RpcFailure } from "./rpc-failure.ts";
import { toLong } from "./tl-longs.ts";

/** So many changes come at a time; the rest follows in further slices. */
const SLICE = 100;
const SEQ = 1;

/** updates.*: where the log of changes stands, and what a client missed (https://core.telegram.org/api/updates). */
export function addUpdateMethods(table: MethodTable, state: DataCentreState): void {
  table.add(Api.updates.GetState, {}, (_request, { me }) => stateAt(state.world.mailbox(me.id)));
  table.add(Api.updates.GetDifference, { faulty: true }, (request, call) => difference(state, request, call));
}

function difference(
  state: DataCentreState,
  request: Api.updates.GetDifference,
  call: RpcCall,
): Api.updates.TypeDifference {
  const mailbox = state.world.mailbox(call.me.id);
  if (request.pts <= 0) throw new RpcFailure(400, "PERSISTENT_TIMESTAMP_EMPTY");
  const missed = mailbox.pts - request.pts;
  if (missed <= 0) return new Api.updates.DifferenceEmpty({ date: unixTime(), seq: SEQ });
  // Optional numbers arrive as null from the codec.
  const tooLong = request.ptsTotalLimit != null && missed > request.ptsTotalLimit;
  const changes = tooLong ? undefined : mailbox.since(request.pts, SLICE);
  if (changes === undefined) return new Api.updates.DifferenceTooLong({ pts: mailbox.pts });
  const last = changes.at(-1)?.pts ?? mailbox.pts;
  const content = contentOf(state, changes, call);
  return last === mailbox.pts
    ? new Api.updates.Difference({ ...content, state: stateAt(mailbox) })
    : new Api.updates.DifferenceSlice({ ...content, intermediateState: stateAt(mailbox, last) });
}

function contentOf(
  state: DataCentreState,
  changes: readonly LoggedUpdate[],
  { authKey, me }: RpcCall,
): Omit<ConstructorParameters<typeof Api.updates.Difference>[0], "state"> {
  const newMessages: Api.Message[] = [];
  const otherUpdates: Api.TypeUpdate[] = [];
  const userIds = new Set<number>();
  for (const change of changes) {
    if (change.kind !== "message") {
      if (change.kind === "edit") userIds.add(change.message.peerId);
      otherUpdates.push(state.renderer.update(change));
      continue;
    }
    const { message } = change;
    userIds.add(message.peerId);
    newMessages.push(state.renderer.message(message));
    // A client that did not get the answer to what it sent learns here which id its message was given.
    if (message.out && message.randomId !== undefined && message.writtenUnder === authKey.id) {
      const randomId = toLong(BigInt(message.randomId));
      otherUpdates.push(new Api.UpdateMessageID({ id: message.id, randomId }));
    }
  }
  const users = state.renderer.users(authKey, me.id, userIds);
  return { newMessages, newEncryptedMessages: [], otherUpdates, chats: [], users };
}

function stateAt(mailbox: Mailbox, pts = mailbox.pts): Api.updates.State {
  let unreadCount = 0;
  for (const dialog of mailbox.dialogs.values()) unreadCount += dialog.unread;
  return new Api.updates.State({ pts, qts: 0, date: unixTime(), seq: SEQ, unreadCount });
}

function unixTime(): number {
  return Math.floor(Date.now() / 1000);
}
