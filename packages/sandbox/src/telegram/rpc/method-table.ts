import type { AuthKey } from "../session/auth-key.ts";
import type { Session } from "../session/session.ts";
import type { Person } from "../world/person.ts";

/** Anything GramJS can write as TL. */
export interface TlObject {
  getBytes(): Buffer;
}

export type RpcAnswer = TlObject | boolean | readonly TlObject[];

/** One request being answered. */
export interface RpcCall {
  readonly session: Session;
  readonly authKey: AuthKey;
  /** Who asks. Throws 401 AUTH_KEY_UNREGISTERED for a client that is not logged in. */
  readonly me: Person;
}

/** What applies to a method apart from its handler. */
export interface MethodRules {
  /** May be called before logging in. */
  readonly open?: boolean;
  /** Refused to bots with BOT_METHOD_INVALID. */
  readonly usersOnly?: boolean;
  /** Counts against the flood limit. */
  readonly sends?: boolean;
  /** The faults `rpcErrorRate` and `lostAnswerRate` apply to it. */
  readonly faulty?: boolean;
  /** Asking for it does not make the session one that updates are pushed to. */
  readonly withoutUpdates?: boolean;
}

/** A generated request class of GramJS. */
export interface RequestClass<Request> {
  readonly CONSTRUCTOR_ID: number;
  new (...args: never[]): Request;
}

/** A method of the API. */
export interface Method {
  readonly rules: MethodRules;
  readonly handle: (request: unknown, call: RpcCall) => RpcAnswer;
}

/** The methods that the data centre understands, by constructor number. */
export class MethodTable {
  readonly #methods = new Map<number, Method>();

  add<Request>(
    type: RequestClass<Request>,
    rules: MethodRules,
    handle: (request: Request, call: RpcCall) => RpcAnswer,
  ): void {
    // The codec made the request from the same constructor number, so it is of this class.
    this.#methods.set(type.CONSTRUCTOR_ID, { rules, handle: (request, call) => handle(request as Request, call) });
  }

  find(constructorId: number): Method | undefined {
    return this.#methods.get(constructorId);
  }
}
