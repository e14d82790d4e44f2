import { type AnyMemberReach, type AnyRemote, CrmError } from "@crmessenger/kernel";
import type { CallOptions, Caller, Step } from "./caller.ts";
import type { Root } from "./messages.ts";

export interface RemoteObject {
  readonly caller: Caller;
  readonly root: Root;
  /** The contract, for errors. */
  readonly contract: string;
  readonly deadlineMs?: number;
}

/** An object whose members are reached in another thread, as its contract says. */
export function remoteContract(remote: RemoteObject, reach: AnyRemote, before: readonly Step[] = []): object {
  const members = new Map<string, unknown>();
  return new Proxy(
    {},
    {
      get(_, name) {
        // A thenable would be taken for a promise wherever the object is awaited.
        if (typeof name === "symbol" || name === "then" || name === "toJSON") return undefined;
        const how = reach[name];
        if (how === "read") return remote.caller.wait(remote.root, [...before, { member: name }]);
        const known = members.get(name);
        if (known) return known;
        const member = memberOf(remote, before, name, how);
        members.set(name, member);
        return member;
      },
    },
  );
}

function memberOf(remote: RemoteObject, before: readonly Step[], name: string, how: AnyMemberReach | undefined) {
  const { caller, root, contract, deadlineMs } = remote;
  const options: CallOptions = {
    purpose: { kind: "contract", name: `${contract}.${name}` },
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  };
  const steps = (args: readonly unknown[]): Step[] => [...before, { member: name, args }];
  if (how === undefined) return (...args: unknown[]) => caller.call(root, steps(args), options);
  if (how === "wait") return (...args: unknown[]) => caller.wait(root, steps(args));
  if (how === "tell") return (...args: unknown[]) => caller.tell(root, steps(args));
  if (how === "undo") return (...args: unknown[]) => undoable(caller, root, steps(args));
  if (typeof how === "object") return (...args: unknown[]) => remoteContract(remote, how.makes, steps(args));
  return () => {
    throw new CrmError(
      "CRM_WORKER_MEMBER",
      `${contract}.${name} works in the kernel's own thread only: run the plugin there, without inWorker.`,
      { details: { contract, member: name } },
    );
  };
}

/** The way back is known when the other side has answered, and is taken then. */
function undoable(caller: Caller, root: Root, steps: readonly Step[]): () => void {
  const answer = caller.call(root, steps, { undo: true }) as Promise<() => unknown>;
  answer.catch(() => {}); // without an answer there is nothing to take back
  return () => void answer.then((undo) => undo()).catch(() => {});
}
