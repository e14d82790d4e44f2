import { CrmError } from "@crmessenger/kernel";
import type { LoginFlow, LoginStep } from "@crmessenger/kernel/communication";

const FIELDS = [{ name: "token", label: "Token of the account", secret: true }];

/** Stores the token and answers whose it is; undefined for a token that the provider does not know. */
type Accept = (token: string) => Promise<{ readonly id: string; readonly name: string } | undefined>;

/** Asks for the token until the provider knows it. */
export class TokenLogin implements LoginFlow {
  readonly #accept: Accept;
  #step: LoginStep = { sequence: 1, kind: "ask", fields: FIELDS };
  #moved = Promise.withResolvers<void>();
  /** While a token is tried there is nothing to ask, and a cancel waits for what becomes of it. */
  #trying: Promise<void> | undefined;

  constructor(accept: Accept) {
    this.#accept = accept;
  }

  async next(after: number, signal?: AbortSignal): Promise<LoginStep> {
    while (this.#step.sequence <= after) await unlessAborted(this.#moved.promise, signal);
    return this.#step;
  }

  async submit(values: Readonly<Record<string, string>>): Promise<void> {
    if (this.#step.kind !== "ask" || this.#trying)
      throw new CrmError("CRM_LOGIN_NOT_ASKED", "The login asks for nothing now.", { status: 409 });
    this.#trying = this.#try(values["token"] ?? "");
    try {
      await this.#trying;
    } finally {
      this.#trying = undefined;
    }
  }

  async cancel(): Promise<void> {
    await this.#trying?.catch(() => undefined); // who submitted it is told
    if (this.#step.kind !== "ask") return;
    this.#advance({ kind: "failed", code: "CRM_LOGIN_CANCELLED", reason: "The login was cancelled." });
  }

  async #try(token: string): Promise<void> {
    const me = await this.#accept(token);
    if (me) this.#advance({ kind: "done", externalId: me.id, displayName: me.name });
    else this.#advance({ kind: "ask", fields: FIELDS, problem: "Nobody has this token." });
  }

  #advance(step: DistributiveOmit<LoginStep, "sequence">): void {
    this.#step = { sequence: this.#step.sequence + 1, ...step };
    this.#moved.resolve();
    this.#moved = Promise.withResolvers<void>();
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Rejects with the signal's reason when it aborts first. */
async function unlessAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return promise;
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
