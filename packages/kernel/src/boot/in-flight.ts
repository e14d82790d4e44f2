import type { DispatchOptions, MessageBus } from "../bus/message-bus.ts";

interface Epoch {
  running: number;
  ended: (() => void) | undefined;
}

/** Counts the operations that run, so that what changes under them can wait for those that had begun. */
export class InFlight {
  #epoch: Epoch = { running: 0, ended: undefined };

  /** The bus, with its operations counted. */
  counted(bus: MessageBus): MessageBus {
    return {
      dispatch: (command, input, options?: DispatchOptions) =>
        this.#during(() => bus.dispatch(command, input, options)),
      ask: (query, input) => this.#during(() => bus.ask(query, input)),
      execute: (operation, input, options) => this.#during(() => bus.execute(operation, input, options)),
      operations: () => bus.operations(),
    };
  }

  /** Resolves when every operation that had begun by now has ended. */
  drain(): Promise<void> {
    const epoch = this.#epoch;
    this.#epoch = { running: 0, ended: undefined };
    if (epoch.running === 0) return Promise.resolve();
    return new Promise((resolve) => {
      epoch.ended = resolve;
    });
  }

  async #during<T>(work: () => Promise<T>): Promise<T> {
    const epoch = this.#epoch;
    epoch.running += 1;
    try {
      return await work();
    } finally {
      epoch.running -= 1;
      if (epoch.running === 0) epoch.ended?.();
    }
  }
}
