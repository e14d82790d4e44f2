import { CrmError } from "@crmessenger/kernel";
import type { LoginFlow, LoginStep } from "@crmessenger/kernel/communication";
import { parseSigningKey } from "./signature.ts";

type Waiter = { readonly after: number; readonly resolve: (step: LoginStep) => void };
type StepBody = LoginStep extends infer S ? (S extends LoginStep ? Omit<S, "sequence"> : never) : never;

/** Asks for the signing secret and stores it. */
export class SecretLogin implements LoginFlow {
  readonly #accountId: string;
  readonly #store: (secret: string) => Promise<void>;
  readonly #waiters = new Set<Waiter>();
  #step: LoginStep;

  constructor(accountId: string, store: (secret: string) => Promise<void>) {
    this.#accountId = accountId;
    this.#store = store;
    this.#step = { sequence: 1, ...ask() } as LoginStep;
  }

  next(after: number, signal?: AbortSignal): Promise<LoginStep> {
    if (this.#step.sequence > after) return Promise.resolve(this.#step);
    return new Promise((resolve, reject) => {
      const waiter = { after, resolve };
      this.#waiters.add(waiter);
      signal?.addEventListener("abort", () => this.#waiters.delete(waiter) && reject(signal.reason as Error), { once: true });
    });
  }

  async submit(values: Readonly<Record<string, string>>): Promise<void> {
    if (this.#step.kind !== "ask") throw new CrmError("CRM_LOGIN_NOT_ASKED", "The login asks for nothing now.", { status: 409 });
    const { secret = "" } = values;
    if (!parseSigningKey(secret)) {
      this.#advance(ask("A signing secret is 24 to 64 bytes in base64, with or without the prefix whsec_."));
      return;
    }
    await this.#store(secret);
    this.#advance({ kind: "done", externalId: this.#accountId, displayName: "HTTP" });
  }

  async cancel(): Promise<void> {
    if (this.#step.kind === "ask") this.#advance({ kind: "failed", code: "CRM_LOGIN_CANCELLED", reason: "The login was cancelled." });
  }

  #advance(body: StepBody): void {
    this.#step = { sequence: this.#step.sequence + 1, ...body } as LoginStep;
    for (const waiter of this.#waiters) {
      this.#waiters.delete(waiter);
      waiter.resolve(this.#step);
    }
  }
}

function ask(problem?: string): StepBody {
  return { kind: "ask", fields: [{ name: "secret", label: "Signing secret (Standard Webhooks)", secret: true }], ...(problem === undefined ? {} : { problem }) };
}
