import { CrmError, isCrmError, toCrmError } from "@crmessenger/kernel";
import type { LoginFlow, LoginStep } from "@crmessenger/kernel/communication";
import type { TemplateNameAccount } from "./payload.ts";

export interface TokenLoginParts {
  /** Whose token it is; `CRM_TEMPLATE_NAME_TOKEN` when it is nobody's. */
  readonly check: (token: string, signal: AbortSignal) => Promise<TemplateNameAccount>;
  readonly store: (token: string) => Promise<void>;
}

/** A step before it is numbered. */
type Unnumbered<S> = S extends LoginStep ? Omit<S, "sequence"> : never;

const FIELDS = [{ name: "token", label: "Token from Template name's settings page", secret: true }];

/** Asks for a token, tries it at Template name, and stores it. */
export class TokenLogin implements LoginFlow {
  readonly #parts: TokenLoginParts;
  readonly #cancelled = new AbortController();
  #step: LoginStep = { sequence: 1, kind: "ask", fields: FIELDS };
  #moved = Promise.withResolvers<void>();
  /** While a token is being tried: a cancel waits for what becomes of it. */
  #trying: Promise<void> | undefined;

  constructor(parts: TokenLoginParts) {
    this.#parts = parts;
  }

  async next(after: number, signal?: AbortSignal): Promise<LoginStep> {
    while (this.#step.sequence <= after)
      await (signal ? unlessAborted(this.#moved.promise, signal) : this.#moved.promise);
    return this.#step;
  }

  async submit({ token = "" }: Readonly<Record<string, string>>): Promise<void> {
    if (this.#step.kind !== "ask") throw notAsked();
    this.#advance({ kind: "working" });
    this.#trying = this.#try(token.trim());
    await this.#trying;
  }

  async cancel(): Promise<void> {
    this.#cancelled.abort();
    await this.#trying;
    if (this.#step.kind === "done" || this.#step.kind === "failed") return;
    this.#advance({ kind: "failed", code: "CRM_LOGIN_CANCELLED", reason: "The login was cancelled." });
  }

  /** Never rejects: whatever is wrong is said in the next step. */
  async #try(token: string): Promise<void> {
    const { signal } = this.#cancelled;
    try {
      const { id, name } = await this.#parts.check(token, signal);
      if (signal.aborted) return;
      await this.#parts.store(token);
      this.#advance({ kind: "done", externalId: id, displayName: name });
    } catch (error) {
      if (!signal.aborted) this.#advance({ kind: "ask", fields: FIELDS, problem: problemOf(error) });
    }
  }

  #advance(step: Unnumbered<LoginStep>): void {
    this.#step = { ...step, sequence: this.#step.sequence + 1 };
    this.#moved.resolve();
    this.#moved = Promise.withResolvers<void>();
  }
}

function problemOf(error: unknown): string {
  if (isCrmError(error, "CRM_TEMPLATE_NAME_TOKEN"))
    return "Template name does not know this token. Copy it again, all of it.";
  return `The token could not be tried: ${toCrmError(error).message}`;
}

/** Rejects with the signal's reason when it aborts first. */
async function unlessAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function notAsked(): CrmError {
  return new CrmError("CRM_LOGIN_NOT_ASKED", "The login asks for nothing now.", { status: 409 });
}
