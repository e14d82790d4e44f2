import type { WebhookSubscription } from "@crmessenger/kernel/extensibility";
import { type EventDispatcher, type UnitOfWork } from "@crmessenger/kernel/infrastructure";
import { isCrmError } from "@crmessenger/kernel";
import { WebhookDisabled, WebhookFailing } from "../events.ts";
import type { SubscriptionStore } from "../subscription/subscription-store.ts";
import type { Alert } from "./health.ts";

export interface AlarmServices {
  readonly events: EventDispatcher;
  readonly store: SubscriptionStore;
  readonly unitOfWork: UnitOfWork;
}

const TYPE = "webhook-subscription";

/** Says, as events, that a receiver is in trouble. */
export class Alarm {
  readonly #services: AlarmServices;

  constructor(services: AlarmServices) {
    this.#services = services;
  }

  /** `note` remembers, in the same unit of work, that it was told. */
  async tell(
    { id, name }: WebhookSubscription,
    { stage, failingSince }: Alert,
    reason: string,
    note: () => Promise<void>,
  ): Promise<void> {
    const { events, unitOfWork } = this.#services;
    await unitOfWork.run(async () => {
      await note();
      await events.dispatch(
        WebhookFailing,
        { type: TYPE, id },
        { subscriptionId: id, name, reason, failingSince, stage },
      );
    });
  }

  /** Ends a subscription until somebody enables it, unless that has happened already. */
  async disable(id: string, reason: string): Promise<void> {
    const { events, store, unitOfWork } = this.#services;
    try {
      await unitOfWork.run(async () => {
        const before = await store.find(id);
        if (!before || before.state === "disabled") return;
        await store.change(before, { state: "disabled", reason });
        const { name } = before;
        await events.dispatch(WebhookDisabled, { type: TYPE, id }, { subscriptionId: id, name, reason });
      });
    } catch (error) {
      if (!isCrmError(error, "CRM_STORAGE_VERSION_CONFLICT")) throw error;
      await this.disable(id, reason); // its owner has changed it at the same moment
    }
  }
}
