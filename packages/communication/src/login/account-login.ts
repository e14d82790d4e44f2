import { toCrmError } from "@crmessenger/kernel";
import type { LoginFlow, LoginStep } from "@crmessenger/kernel/communication";
import type { Clock, Logger } from "@crmessenger/kernel/infrastructure";
import { loginEnded } from "../channels/account-errors.ts";

/** An account is not connected while it logs in, so a login that was forgotten must not last. */
const LIMIT_MS = 30 * 60_000;

type LastStep = Extract<LoginStep, { kind: "done" | "failed" }>;

export interface LoginParts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Stores who logged in. */
  readonly identify: (externalId: string) => Promise<void>;
}

/** A login of an account. After its end it holds nothing but how it ended, for who asks late. */
export class AccountLogin {
  /** Resolves when the login has ended and its outcome is stored. */
  readonly ended: Promise<void>;
  #flow: LoginFlow | undefined;
  #last: LastStep | undefined;

  constructor(flow: LoginFlow, parts: LoginParts) {
    this.#flow = flow;
    this.ended = this.#follow(flow, parts);
  }

  get isOver(): boolean {
    return this.#flow === undefined;
  }

  /** The step after `after`. Who learns that the login is done finds the account identified. */
  async next(after: number, signal: AbortSignal): Promise<LoginStep> {
    const step = this.#last ?? (await this.#flow?.next(after, signal));
    if (step && !isLast(step)) return step;
    await this.ended;
    return this.#last ?? (step as LoginStep);
  }

  async submit(values: Readonly<Record<string, string>>): Promise<void> {
    if (!this.#flow) throw loginEnded();
    await this.#flow.submit(values);
  }

  async cancel(): Promise<void> {
    await this.#flow?.cancel();
  }

  async #follow(flow: LoginFlow, { clock, logger, identify }: LoginParts): Promise<void> {
    const report = (error: unknown) => logger.warn(`The login did not end as it should: ${toCrmError(error).message}`);
    const cancelLimit = clock.schedule(LIMIT_MS, () => void flow.cancel().catch(report));
    let sequence = 0;
    try {
      while (!this.#last) {
        const step = await flow.next(sequence);
        sequence = step.sequence;
        if (isLast(step)) this.#last = step;
      }
      if (this.#last.kind === "done") await identify(this.#last.externalId);
    } catch (error) {
      report(error);
      const { code, message } = toCrmError(error);
      this.#last ??= { sequence: sequence + 1, kind: "failed", code, reason: message };
    } finally {
      cancelLimit();
      this.#flow = undefined;
    }
  }
}

function isLast(step: LoginStep): step is LastStep {
  return step.kind === "done" || step.kind === "failed";
}
