import { CrmError } from "@crmessenger/kernel";
import type { LoginFlow, LoginStep } from "@crmessenger/kernel/communication";

type StepBody = LoginStep extends infer S ? (S extends LoginStep ? Omit<S, "sequence"> : never) : never;

/** A login as WhatsApp and Telegram have it: a code to scan, then perhaps a password. */
export class ScriptedLogin implements LoginFlow {
  #step: LoginStep = { sequence: 1, kind: "working" };
  #changed = Promise.withResolvers<void>();
  readonly #password: string | undefined;

  constructor(password?: string) {
    this.#password = password;
    queueMicrotask(() =>
      this.#advance({ kind: "show-qr", text: "scan me", expiresAt: new Date(Date.now() + 20_000).toISOString() }),
    );
  }

  async next(after: number, signal?: AbortSignal): Promise<LoginStep> {
    const aborted = new Promise<never>((_, reject) =>
      signal?.addEventListener("abort", () => reject(signal.reason as Error)),
    );
    signal?.throwIfAborted();
    while (this.#step.sequence <= after) await Promise.race([this.#changed.promise, aborted]);
    return this.#step;
  }

  scan(): void {
    if (this.#password === undefined) this.#done();
    else this.#advance({ kind: "ask", fields: [{ name: "password", label: "Password", secret: true }] });
  }

  async submit({ password }: Readonly<Record<string, string>>): Promise<void> {
    if (this.#step.kind !== "ask") throw new CrmError("CRM_LOGIN_NOT_ASKED", "Nothing is asked.", { status: 409 });
    if (password === this.#password) this.#done();
    else this.#advance({ ...this.#step, problem: "That is not the password." });
  }

  async cancel(): Promise<void> {
    if (this.#step.kind === "done" || this.#step.kind === "failed") return;
    this.#advance({ kind: "failed", code: "CRM_LOGIN_CANCELLED", reason: "It was cancelled." });
  }

  #done(): void {
    this.#advance({ kind: "done", externalId: "4242", displayName: "Shop" });
  }

  #advance(body: StepBody): void {
    if (this.#step.kind === "done" || this.#step.kind === "failed") return;
    this.#step = { ...body, sequence: this.#step.sequence + 1 } as LoginStep;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
