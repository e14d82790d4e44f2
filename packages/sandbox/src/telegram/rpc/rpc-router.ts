import { Api } from "telegram";
import { BinaryReader } from "telegram/extensions/index.js";
import type { AuthKey, KeyRefusal } from "../session/auth-key.ts";
import { rpcError, rpcResult } from "../session/service-messages.ts";
import type { Session } from "../session/session.ts";
import { uint32 } from "../tl/tl-writer.ts";
import type { Person } from "../world/person.ts";
import type { DataCentreState } from "./data-centre-state.ts";
import type { Method, MethodTable, RpcAnswer, RpcCall } from "./method-table.ts";
import { RpcFailure } from "./rpc-failure.ts";
import { fromLong } from "./tl-longs.ts";

const BOOL_TRUE = uint32(0x997275b5);
const BOOL_FALSE = uint32(0xbc799737);
const VECTOR = uint32(0x1cb5c415);
const REFUSAL_CODES: Record<KeyRefusal, number> = {
  AUTH_KEY_UNREGISTERED: 401,
  SESSION_REVOKED: 401,
  USER_DEACTIVATED: 401,
  AUTH_KEY_DUPLICATED: 406,
};

/** A decoded request. GramJS gives every TL object its constructor number and name. */
interface DecodedRequest {
  readonly CONSTRUCTOR_ID: number;
  readonly className: string;
}

interface Unwrapped {
  readonly request: DecodedRequest;
  readonly withoutUpdates: boolean;
}

/** Decodes requests, finds their method, applies its rules and the faults, and sends the answer. */
export class RpcRouter {
  readonly #state: DataCentreState;
  readonly #methods: MethodTable;

  constructor(state: DataCentreState, methods: MethodTable) {
    this.#state = state;
    this.#methods = methods;
  }

  /** Answers one request on its session. Never throws. */
  answer(session: Session, messageId: bigint, body: Buffer): void {
    try {
      const { request, withoutUpdates } = this.#unwrap(session, decode(body));
      const method = this.#find(request);
      this.#authorise(session.authKey, method);
      if (!withoutUpdates && method.rules.withoutUpdates !== true) session.wantsUpdates = true;
      this.#injectFailures(session.authKey, method);
      const result = encode(method.handle(request, this.#call(session)));
      if (method.rules.faulty === true && this.#state.faults.answerGetsLost()) {
        session.disconnect();
        return;
      }
      session.send(rpcResult(messageId, result, !(request instanceof Api.upload.GetFile)), 1n, true);
    } catch (error) {
      session.fail(messageId);
      const failure = error instanceof RpcFailure ? error : this.#internalError(error);
      session.send(rpcResult(messageId, rpcError(failure.code, failure.message), false), 1n, true);
    }
  }

  #internalError(error: unknown): RpcFailure {
    this.#state.onProblem(new Error("The Telegram sandbox could not answer a request.", { cause: error }));
    return new RpcFailure(500, "INTERNAL_SERVER_ERROR");
  }

  #find(request: DecodedRequest): Method {
    const method = this.#methods.find(request.CONSTRUCTOR_ID);
    if (method !== undefined) return method;
    this.#state.onProblem(new Error(`The Telegram sandbox does not offer the method ${request.className}.`));
    throw new RpcFailure(400, "METHOD_INVALID");
  }

  /** Takes off the layers around a request and notes what they say. */
  #unwrap(session: Session, outer: DecodedRequest): Unwrapped {
    let request: DecodedRequest = outer;
    let withoutUpdates = false;
    for (;;) {
      if (request instanceof Api.InitConnection) this.#introduce(session, request);
      else if (request instanceof Api.InvokeWithoutUpdates) withoutUpdates = true;
      else if (request instanceof Api.InvokeAfterMsg) {
        if (session.hasFailed(fromLong(request.msgId))) throw new RpcFailure(400, "MSG_WAIT_FAILED");
      } else if (!(request instanceof Api.InvokeWithLayer)) return { request, withoutUpdates };
      // "!X" in the schema: the codec has decoded the request inside.
      request = request.query as unknown as DecodedRequest;
    }
  }

  #introduce(session: Session, introduction: Api.InitConnection): void {
    const { authKey } = session;
    const { deviceModel, systemVersion, appVersion, apiId } = introduction;
    authKey.device = { deviceModel, systemVersion, appVersion, apiId };
    session.initialised = true;
    const shared = [...authKey.sessions.values()].some(
      (other) => other !== session && other.initialised && other.connection?.open === true,
    );
    if (shared && this.#state.refuseSharedKeys) authKey.logOut("AUTH_KEY_DUPLICATED");
  }

  #authorise(authKey: AuthKey, method: Method): void {
    const { refusal } = authKey;
    if (refusal === "AUTH_KEY_DUPLICATED") throw new RpcFailure(REFUSAL_CODES[refusal], refusal);
    if (method.rules.open === true) return;
    if (authKey.userId === undefined) {
      if (authKey.passwordPendingFor !== undefined) throw new RpcFailure(401, "SESSION_PASSWORD_NEEDED");
      const reason = refusal ?? "AUTH_KEY_UNREGISTERED";
      throw new RpcFailure(REFUSAL_CODES[reason], reason);
    }
    const { kind } = this.#state.world.person(authKey.userId);
    if (kind === "bot" && method.rules.usersOnly === true) throw new RpcFailure(400, "BOT_METHOD_INVALID");
  }

  #injectFailures(authKey: AuthKey, method: Method): void {
    const { faults } = this.#state;
    if (method.rules.sends === true && authKey.userId !== undefined) {
      const seconds = faults.floodWait(authKey.userId);
      if (seconds > 0) throw new RpcFailure(420, `FLOOD_WAIT_${seconds}`);
    }
    if (method.rules.faulty === true && faults.requestFails()) throw new RpcFailure(500, "INTERDC_2_CALL_ERROR");
  }

  #call(session: Session): RpcCall {
    const { world } = this.#state;
    const { authKey } = session;
    return {
      session,
      authKey,
      get me(): Person {
        if (authKey.userId === undefined) throw new RpcFailure(401, "AUTH_KEY_UNREGISTERED");
        return world.person(authKey.userId);
      },
    };
  }
}

function decode(body: Buffer): DecodedRequest {
  try {
    return new BinaryReader(body).tgReadObject() as DecodedRequest;
  } catch (error) {
    throw new RpcFailure(400, `INPUT_METHOD_INVALID_${body.readUInt32LE(0)}`, { cause: error });
  }
}

function encode(answer: RpcAnswer): Buffer {
  if (typeof answer === "boolean") return answer ? BOOL_TRUE : BOOL_FALSE;
  if ("getBytes" in answer) return answer.getBytes();
  return Buffer.concat([VECTOR, uint32(answer.length), ...answer.map((item) => item.getBytes())]);
}
