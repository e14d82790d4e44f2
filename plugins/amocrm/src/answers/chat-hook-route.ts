import type { Route, RouteRequest, RouteResponse } from "@crmessenger/kernel/http";
import { json } from "@crmessenger/kernel/http";
import type { Jobs, Logger, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import { isGenuineHook } from "../api/chats-signature.ts";
import { TakeAnswers } from "../jobs/definitions.ts";
import { type AnswerBox, answerFromHook } from "./answer-box.ts";
import { messageHook, otherHook } from "./hook-payload.ts";

/** What the route of chat hooks works with. */
export interface ChatHookParts {
  readonly answers: AnswerBox;
  readonly jobs: Jobs;
  readonly unitOfWork: UnitOfWork;
  readonly logger: Logger;
  readonly channelSecret: string;
  readonly channelId: string;
  readonly run: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * Where amoCRM tells of messages that managers type. It tells once and waits five seconds, so what it tells is stored
 * and answered; everything else happens afterwards.
 */
export function chatHookRoute(parts: ChatHookParts): Route {
  return {
    method: "POST",
    path: "/hooks/amocrm/chats/:scopeId",
    authentication: "none",
    async handle(request) {
      if (!isGenuineHook(parts.channelSecret, request.body, request.headers["x-signature"])) {
        return problem(401, "CRM_AMOCRM_HOOK_SIGNATURE", "X-Signature does not match the body.");
      }
      if (request.params["scopeId"]?.startsWith(parts.channelId) !== true) {
        return problem(404, "CRM_AMOCRM_HOOK_SCOPE", "This is not the channel that is configured here.");
      }
      return parts.run(() => take(parts, request));
    },
  };
}

async function take(parts: ChatHookParts, request: RouteRequest): Promise<RouteResponse> {
  const body = parse(request.body);
  const hook = messageHook.safeParse(body);
  if (!hook.success) {
    if (otherHook.safeParse(body).success) return json(200, {});
    const [issue] = hook.error.issues;
    parts.logger.warn(`A hook of amoCRM can't be read at "${issue?.path.join(".") ?? ""}": ${issue?.message ?? ""}`);
    return problem(422, "CRM_AMOCRM_HOOK_PAYLOAD", "The hook is not a message of version 2.");
  }
  const chatId = hook.data.message.conversation.id;
  await parts.unitOfWork.run(async () => {
    await parts.answers.keep(hook.data.message.message.id, answerFromHook(hook.data));
    await parts.jobs.enqueue(TakeAnswers, { chatId, failures: 0 }, { key: chatId });
  });
  return json(200, {});
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
  } catch {
    return undefined; // it fits no hook, which is what the caller is told
  }
}

function problem(status: number, code: string, detail: string): RouteResponse {
  return json(status, { type: "about:blank", status, code, detail }, { "content-type": "application/problem+json" });
}
