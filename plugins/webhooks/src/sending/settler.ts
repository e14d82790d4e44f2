import type { Clock, UnitOfWork } from "@crmessenger/kernel/infrastructure";
import type { DeliveryStore, KeptDelivery } from "./delivery-store.ts";
import type { Lanes } from "./lanes.ts";

export interface SettlerServices {
  readonly clock: Clock;
  readonly deliveries: Pick<DeliveryStore, "put">;
  readonly lanes: Pick<Lanes, "wakeAt">;
  readonly unitOfWork: UnitOfWork;
}

/** So many are worth a round trip at once; fewer wait so long for company. */
const GROUP = 64;
const GATHER_MS = 20;

/** Writes down how deliveries went, in groups: while one is written the next gathers. */
export class Settler {
  readonly #services: SettlerServices;
  #gathered: KeptDelivery[] = [];
  #writing: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(services: SettlerServices) {
    this.#services = services;
  }

  add(...deliveries: readonly KeptDelivery[]): void {
    this.#gathered.push(...deliveries);
    if (this.#gathered.length >= GROUP) this.#begin();
    else this.#cancelTimer ??= this.#services.clock.schedule(GATHER_MS, () => this.#begin());
  }

  /** Resolves when everything is stored; rejects when something could not be, and then the lane begins anew. */
  async written(): Promise<void> {
    this.#begin();
    await this.#writing;
  }

  #begin(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#writing || this.#gathered.length === 0) return;
    this.#writing = this.#write();
    this.#writing.catch(() => {}); // `written` tells
  }

  async #write(): Promise<void> {
    while (this.#gathered.length > 0) await this.#store(this.#gathered.splice(0));
    this.#writing = undefined;
  }

  async #store(deliveries: readonly KeptDelivery[]): Promise<void> {
    const { deliveries: store, lanes, unitOfWork } = this.#services;
    const waiting = new Map(deliveries.flatMap((one) => (one.queue === null ? [] : [[one.queue, one] as const])));
    if (waiting.size === 0) return store.put(deliveries);
    await unitOfWork.run(async () => {
      await store.put(deliveries);
      for (const one of waiting.values()) await lanes.wakeAt(one);
    });
  }
}
