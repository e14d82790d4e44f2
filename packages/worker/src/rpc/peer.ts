import { CrmError, executionContext, runWithContext } from "@crmessenger/kernel";
import {
  type CallOptions,
  type Caller,
  type Purpose,
  type Step,
  type Standing,
  standingOf,
  standsFor,
} from "./caller.ts";
import { Codec } from "./codec.ts";
import type { Contexts } from "./context-wire.ts";
import type { Definitions } from "./definitions.ts";
import { Errors } from "./error-wire.ts";
import { Handles } from "./handles.ts";
import { invoke } from "./invoke.ts";
import type { AnswerMessage, CallMessage, Message, Root, TellMessage, WireStep } from "./messages.ts";
import { Signals } from "./signals.ts";

export interface PeerOptions {
  /** The plugin at the other end or at this one, for errors. */
  readonly plugin: string;
  post(message: Message): void;
  readonly contexts: Contexts;
  readonly definitions: Definitions;
  /** What this side offers under a name. */
  offered(name: string): unknown;
  /** Hears of failures that nobody waits for. */
  report(error: unknown): void;
  /** Answers a caller whose thread stands still. */
  answerWaiting?(message: AnswerMessage): void;
  /** Stands still until the other side has answered. */
  awaitAnswer?(id: number): AnswerMessage;
  /** Who calls a handle of the other side; by default this peer. */
  callerOf?(handle: number): Caller | undefined;
  /** A call was given up. */
  late?(): void;
  pong?(): void;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
  readonly purpose: Purpose;
  readonly timer: NodeJS.Timeout | undefined;
}

const CALLBACK: Purpose = { kind: "callback", name: "a function it handed over" };

/** One end of the port between the kernel's thread and a plugin's. Both ends are alike. */
export class Peer implements Caller {
  readonly handles = new Handles();
  readonly #options: PeerOptions;
  readonly #codec: Codec;
  readonly #errors = new Errors();
  readonly #signals: Signals;
  readonly #pending = new Map<number, Pending>();
  readonly #dropped = new FinalizationRegistry<number>((handle) => this.#post({ type: "release", handle }));
  #last = 0;
  #ended: ((purpose: Purpose) => Error) | undefined;

  constructor(options: PeerOptions) {
    this.#options = options;
    this.#signals = new Signals({
      abort: (signal, reason) => this.#post({ type: "abort", signal, reason: this.#codec.encode(reason) }),
      forget: (signal) => this.#post({ type: "forget", signal }),
    });
    this.#codec = new Codec({
      definitions: options.definitions,
      export: (target) => this.handles.add(target),
      import: (handle, methods) => this.#import(handle, methods),
      standingOf: (target) => (this.#imported.has(target) ? standingOf(target) : undefined),
      exported: (standing) => this.#exported(standing),
      encodeError: (error) => this.#errors.encode(error),
      decodeError: (wire) => this.#errors.decode(wire),
      encodeSignal: (signal) => this.#signals.encode(signal),
      decodeSignal: (wire) => this.#signals.decode(wire),
    });
  }

  readonly #imported = new WeakSet<object>();

  /** Calls in progress. */
  get pending(): number {
    return this.#pending.size;
  }

  call(root: Root, steps: readonly Step[], options: CallOptions = {}): Promise<unknown> {
    const { purpose = CALLBACK, deadlineMs, undo } = options;
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(this.#ended(purpose));
        return;
      }
      const id = (this.#last += 1);
      const timer =
        deadlineMs === undefined ? undefined : setTimeout(() => this.#giveUp(id, purpose, deadlineMs), deadlineMs);
      timer?.unref();
      this.#pending.set(id, { resolve, reject, purpose, timer });
      try {
        this.#options.post({ type: "call", id, ...this.#request(root, steps), ...(undo ? { undo } : {}) });
      } catch (error) {
        this.#take(id)?.reject(error as Error);
      }
    });
  }

  tell(root: Root, steps: readonly Step[]): void {
    if (this.#ended) return;
    this.#options.post({ type: "tell", ...this.#request(root, steps) });
  }

  wait(root: Root, steps: readonly Step[]): unknown {
    const { awaitAnswer } = this.#options;
    if (!awaitAnswer) throw new CrmError("CRM_WORKER_MEMBER", "The kernel does not stand still for a plugin.");
    const id = (this.#last += 1);
    this.#options.post({ type: "call", id, waits: true, ...this.#request(root, steps) });
    const answer = awaitAnswer(id);
    if (answer.type === "failure") throw this.#errors.decode(answer.error);
    return this.#codec.decode(answer.value);
  }

  /** Takes a message of the other side. */
  receive(message: Message): void {
    switch (message.type) {
      case "call":
        return message.waits ? this.#serveWaiting(message) : void this.#serve(message);
      case "tell":
        return this.receiveTold(message, (error) => this.#options.report(error));
      case "answer":
        return this.#settle(message.id, (pending) => pending.resolve(this.#codec.decode(message.value)));
      case "failure":
        return this.#settle(message.id, (pending) => pending.reject(this.#errors.decode(message.error)));
      case "release":
        return this.handles.release(message.handle);
      case "abort":
        return this.#signals.abort(message.signal, this.#codec.decode(message.reason));
      case "forget":
        return this.#signals.forget(message.signal);
      case "ping":
        return this.#post({ type: "pong" });
      case "pong":
        return this.#options.pong?.();
      case "fatal":
        return undefined;
    }
  }

  /** Carries out what nobody waits for; `report` hears of what goes wrong. */
  receiveTold(message: TellMessage, report: (error: unknown) => void): void {
    try {
      const answer = this.#invoke(message);
      if (answer instanceof Promise) answer.catch(report);
    } catch (error) {
      report(error);
    }
  }

  /** The other side is gone: every call in progress, and every later one, fails with what `failure` says. */
  end(failure: (purpose: Purpose) => Error): void {
    this.#ended = failure;
    this.handles.endAll((error) => this.#options.report(error));
    this.#signals.abortAll(failure(CALLBACK));
    for (const id of this.#pending.keys()) {
      const pending = this.#take(id);
      pending?.reject(failure(pending.purpose));
    }
  }

  #post(message: Message): void {
    if (!this.#ended) this.#options.post(message);
  }

  #request(root: Root, steps: readonly Step[]): Omit<TellMessage, "type"> {
    return {
      root,
      steps: steps.map(({ member, args }): WireStep =>
        args ? { member, args: this.#codec.encode(args) as readonly unknown[] } : { member },
      ),
      context: this.#options.contexts.encode(executionContext()),
    };
  }

  #giveUp(id: number, purpose: Purpose, deadlineMs: number): void {
    const { plugin } = this.#options;
    this.#take(id)?.reject(
      new CrmError(
        "CRM_WORKER_DEADLINE",
        `Plugin "${plugin}" did not answer in ${purpose.kind} ${purpose.name} within ${deadlineMs} ms.`,
        { status: 504, details: { plugin, [purpose.kind]: purpose.name, deadlineMs } },
      ),
    );
    this.#options.late?.();
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    clearTimeout(pending?.timer);
    return pending;
  }

  #settle(id: number, settle: (pending: Pending) => void): void {
    const pending = this.#take(id);
    if (!pending) return;
    try {
      settle(pending);
    } catch (error) {
      pending.reject(error as Error);
    }
  }

  #invoke(message: TellMessage | CallMessage): unknown {
    const { root } = message;
    const steps = message.steps.map(({ member, args }): Step => ({
      member,
      ...(args ? { args: this.#codec.decode(args) as unknown[] } : {}),
    }));
    const target = typeof root === "number" ? this.handles.get(root) : this.#options.offered(root);
    if (typeof root === "number") this.handles.ended(root, steps[0]?.member ?? "");
    return runWithContext(this.#options.contexts.decode(message.context), () => invoke(target, root, steps));
  }

  async #serve(message: CallMessage): Promise<void> {
    const { id } = message;
    try {
      const answer: unknown = await this.#invoke(message);
      const value = this.#codec.encode(answer);
      this.#keep(value, message.undo === true);
      this.#post({ type: "answer", id, value });
    } catch (error) {
      this.#post({ type: "failure", id, error: this.#errors.encode(error) });
    }
  }

  #serveWaiting(message: CallMessage): void {
    const { id } = message;
    const answer = (reply: AnswerMessage) => this.#options.answerWaiting?.(reply);
    try {
      answer({ type: "answer", id, value: this.#codec.encode(this.#invoke(message)) });
    } catch (error) {
      answer({ type: "failure", id, error: this.#errors.encode(error) });
    }
  }

  /** What was answered with and lasts is taken back when the other side is gone. */
  #keep(wire: unknown, undo: boolean): void {
    if (typeof wire !== "object" || wire === null || !("$" in wire)) return;
    const { $, id } = wire as { $: unknown; id?: number };
    if (id !== undefined && ($ === "object" || ($ === "function" && undo))) this.handles.keep(id);
  }

  #import(handle: number, methods: readonly string[] | undefined): object {
    const held = { handle }; // by each of the functions: the handle is released when the last of them is gone
    this.#dropped.register(held, handle);
    const remember = <T extends object>(object: T, member: string): T => {
      standsFor(object, { handle, member });
      this.#imported.add(object);
      return object;
    };
    const method = (member: string) =>
      remember((...args: unknown[]): Promise<unknown> => {
        const caller = this.#options.callerOf?.(held.handle) ?? this;
        const answer = caller.call(held.handle, [{ member, args }]);
        answer.catch(() => {}); // nobody awaits what answers nothing at home; whoever awaits it still gets the error
        return answer;
      }, member);
    if (!methods) return method("");
    return remember(Object.fromEntries(methods.map((member) => [member, method(member)])), "");
  }

  /** One of ours that comes back. */
  #exported({ handle, member }: Standing): unknown {
    const target = this.handles.get(handle);
    if (member === "" || target === undefined) return target;
    return (...args: unknown[]) => invoke(target, handle, [{ member, args }]);
  }
}
