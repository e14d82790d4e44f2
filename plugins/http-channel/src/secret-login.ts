import { CrmError } from "@crmessenger/kernel";
import type { LoginFlow, LoginStep } from "@crmessenger/kernel/communication";
import { parseSigningKey } from "./signature.ts";

type Ask = Extract<LoginStep, { kind: "ask" }>;

const FIELDS: Ask["fields"] = [{ name: "secret", label: "Signing secret (Standard Webhooks)", secret: true }];
const PROBLEM = "A signing secret is 24 to 64 bytes in base64, with or without the prefix whsec_.";

/** Asks for the signing secret and stores it. */
export class SecretLogin implements LoginFlow {
  readonly #accountId: string;
  readonly #store: (secret: string) => Promise<void>;
  #step: LoginStep = { sequence: 1, kind: "ask", fields: FIELDS };
  #moved = Promise.withResolvers<void>();
  /** While the secret is being stored, there is nothing to ask, and a cancel has to wait for what becomes of it. */
  #storing: Promise<void> | undefined;

  constructor(accountId: string, store: (secret: string) => Promise<void>) {
    this.#accountId = accountId;
    this.#store = store;
  }

  async next(after: number, signal?: AbortSignal): Promise<LoginStep> {
    while (this.#step.sequence <= after)
      await (signal ? unlessAborted(this.#moved.promise, signal) : this.#moved.promise);
    return this.#step;
  }

  async submit(values: Readonly<Record<string, string>>): Promise<void> {
    const { sequence, kind } = this.#step;
    if (kind !== "ask" || this.#storing) throw notAsked();
    const { secret = "" } = values;
    if (!parseSigningKey(secret)) {
      this.#advance({ sequence: sequence + 1, kind, fields: FIELDS, problem: PROBLEM });
      return;
    }
    this.#storing = this.#store(secret);
    try {
      await this.#storing;
      this.#advance({ sequence: sequence + 1, kind: "done", externalId: this.#accountId, displayName: "HTTP" });
    } finally {
      this.#storing = undefined;
    }
  }

  async cancel(): Promise<void> {
    await this.#storing?.catch(() => undefined); // who submitted it is told
    const { sequence, kind } = this.#step;
    if (kind !== "ask") return;
    const reason = "The login was cancelled.";
    this.#advance({ sequence: sequence + 1, kind: "failed", code: "CRM_LOGIN_CANCELLED", reason });
  }

  #advance(step: LoginStep): void {
    this.#step = step;
    this.#moved.resolve();
    this.#moved = Promise.withResolvers<void>();
  }
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
