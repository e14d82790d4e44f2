import { CrmError, toCrmError } from "@crmessenger/kernel";
import type { ChannelAccount, ChannelHost, LoginField, LoginFlow, LoginStep } from "@crmessenger/kernel/communication";
import { Api } from "telegram";
import { rpcTrouble } from "../connection/rpc-trouble.ts";
import type { TelegramLink } from "../connection/telegram-link.ts";
import type { TelegramServices } from "../telegram-services.ts";
import { LoginSteps } from "./login-steps.ts";

/** A login that nobody attends to ends after so long. */
const MAX_DURATION_MS = 15 * 60_000;

/** How a login gets from a connection to a user. */
export interface LoginMethod {
  /** Answers the user once Telegram has accepted the login, and the connection that is logged in. */
  run(dialogue: LoginDialogue): Promise<LoggedIn>;
}

export interface LoggedIn {
  readonly user: Api.User;
  readonly link: TelegramLink;
}

/** What a login method talks to: the person, and the signal that ends it all. */
export interface LoginDialogue {
  readonly signal: AbortSignal;
  showQr(text: string, expiresAt: number): void;
  /** Resolves with what the person typed in. Asking again after a wrong answer names the problem. */
  ask(fields: readonly LoginField[], problem?: string): Promise<Readonly<Record<string, string>>>;
}

/** A login as the kernel drives it. It ends with the login stored and the connection closed, so that the channel may take over. */
export class TelegramLogin implements LoginFlow {
  readonly #steps = new LoginSteps();
  readonly #abort = new AbortController();
  readonly #services: TelegramServices;
  readonly #account: ChannelAccount;
  readonly #running: Promise<void>;
  #answer: ((values: Readonly<Record<string, string>>) => void) | undefined;

  constructor(services: TelegramServices, host: Pick<ChannelHost, "account" | "signal">, method: LoginMethod) {
    this.#services = services;
    this.#account = host.account;
    const signal = AbortSignal.any([this.#abort.signal, host.signal]);
    const cancelTimeout = services.clock.schedule(MAX_DURATION_MS, () =>
      this.#fail("CRM_LOGIN_EXPIRED", "Nobody completed the login in time. Begin it again."),
    );
    this.#running = this.#run(method, signal).finally(cancelTimeout);
  }

  next(after: number, signal?: AbortSignal): Promise<LoginStep> {
    return this.#steps.next(after, signal);
  }

  async submit(values: Readonly<Record<string, string>>): Promise<void> {
    const answer = this.#answer;
    if (answer === undefined || this.#steps.ended)
      throw new CrmError("CRM_LOGIN_NOT_ASKED", "The login asks for nothing now.", { status: 409 });
    this.#answer = undefined;
    this.#steps.advance({ kind: "working" });
    answer(values);
  }

  async cancel(): Promise<void> {
    this.#fail("CRM_LOGIN_CANCELLED", "The login was cancelled.");
    await this.#running;
  }

  async #run(method: LoginMethod, signal: AbortSignal): Promise<void> {
    const dialogue: LoginDialogue = {
      signal,
      showQr: (text, expiresAt) =>
        this.#steps.advance({ kind: "show-qr", text, expiresAt: new Date(expiresAt).toISOString() }),
      ask: (fields, problem) => this.#ask(fields, problem, signal),
    };
    try {
      const { user, link } = await method.run(dialogue);
      const externalId = user.id.toString();
      await this.#keep(user, link, signal).finally(() => link.close());
      const displayName = [user.firstName, user.lastName].filter(Boolean).join(" ") || externalId;
      this.#steps.advance({ kind: "done", externalId, displayName });
    } catch (error) {
      const { code, reason } = failureOf(error);
      this.#fail(code, reason);
    }
  }

  async #keep(user: Api.User, link: TelegramLink, signal: AbortSignal): Promise<void> {
    const userId = user.id.toString();
    const { id, externalId } = this.#account;
    const another = externalId !== null && externalId !== userId;
    if (signal.aborted || another) {
      // Cancelled in the last moment, or not wanted: the login that came about is ended.
      await link.invoke(new Api.auth.LogOut());
      signal.throwIfAborted();
      throw anotherUser(externalId, userId);
    }
    const { pts, qts, date } = await link.invoke(new Api.updates.GetState());
    const login = {
      dataCentre: link.dataCentre,
      authKey: link.authKey.toString("base64"),
      userId,
      bot: user.bot === true,
    };
    await this.#services.store(id).saveLogin(login, { userId, pts, qts, date, lastMessageId: 0 });
  }

  #ask(
    fields: readonly LoginField[],
    problem: string | undefined,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      this.#answer = resolve;
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      this.#steps.advance({ kind: "ask", fields, ...(problem === undefined ? {} : { problem }) });
    });
  }

  #fail(code: string, reason: string): void {
    this.#steps.advance({ kind: "failed", code, reason });
    this.#abort.abort(new CrmError(code, reason, { status: 409 }));
  }
}

/** Each Telegram user counts messages from 1: those of a second one would be taken for those of the first. */
function anotherUser(externalId: string | null, userId: string): CrmError {
  return new CrmError(
    "CRM_TELEGRAM_ANOTHER_USER",
    `This channel account belongs to the Telegram user ${externalId}, and ${userId} logged in. Add a channel account of its own for ${userId}.`,
    { status: 409, details: { expected: externalId, actual: userId } },
  );
}

function failureOf(error: unknown): { readonly code: string; readonly reason: string } {
  const trouble = rpcTrouble(error);
  if (trouble.kind === "wait")
    return {
      code: "CRM_TELEGRAM_FLOOD_WAIT",
      reason: `Telegram asks to wait ${trouble.seconds} seconds before logging in.`,
    };
  if (trouble.kind === "refused" && trouble.name.startsWith("API_ID_"))
    return {
      code: "CRM_TELEGRAM_API_ID",
      reason: "Telegram does not accept the API id and hash. Check TELEGRAM_API_ID and TELEGRAM_API_HASH.",
    };
  if (trouble.kind === "refused")
    return { code: "CRM_TELEGRAM_REFUSED", reason: `Telegram refused the login (${trouble.name}).` };
  if (trouble.kind === "login-lost") return { code: "CRM_TELEGRAM_REFUSED", reason: trouble.reason };
  const { code, message } = toCrmError(error);
  return { code, reason: message };
}
