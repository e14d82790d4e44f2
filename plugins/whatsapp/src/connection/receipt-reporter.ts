import type { DeliveryUpdate } from "@crmessenger/kernel/communication";

interface Arrived {
  readonly updates: readonly DeliveryUpdate[];
  readonly proceed: () => Promise<void>;
}

/**
 * Reports receipts before they are acknowledged to WhatsApp, which forgets an acknowledged one. Those that arrive while
 * a report is under way are reported together.
 */
export class ReceiptReporter {
  readonly #report: (updates: readonly DeliveryUpdate[]) => Promise<void>;
  readonly #onFailure: (error: unknown) => void;
  #arrived: Arrived[] = [];
  #running: Promise<void> | undefined;

  constructor(report: (updates: readonly DeliveryUpdate[]) => Promise<void>, onFailure: (error: unknown) => void) {
    this.#report = report;
    this.#onFailure = onFailure;
  }

  /** Takes a receipt; `proceed` acknowledges it once what it says is stored. */
  add(updates: readonly DeliveryUpdate[], proceed: () => Promise<void>): void {
    this.#arrived.push({ updates, proceed });
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#arrived.length > 0) {
      const batch = this.#arrived;
      this.#arrived = [];
      const updates = batch.flatMap((arrived) => arrived.updates);
      try {
        if (updates.length > 0) await this.#report(updates);
        for (const { proceed } of batch) await proceed();
      } catch (error) {
        // Unacknowledged, they come again with the next login.
        this.#arrived = [];
        this.#onFailure(error);
      }
    }
    this.#running = undefined;
  }
}
