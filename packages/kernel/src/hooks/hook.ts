import { AsyncSeriesBailHook, AsyncSeriesWaterfallHook } from "tapable";
import { CrmError } from "../errors/crm-error.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import { hookDeadline, hookFailure } from "./hook-failure.ts";
import type { HookKind, HookPoint } from "./hook-point.ts";
import { Frame, addTap, runSeries } from "./series-hook.ts";
import type { Tap } from "./tap.ts";
import { currentTrace } from "./trace.ts";
import { Turn } from "./turn.ts";

/** What a guard point concluded. */
export interface Decision {
  readonly denied: boolean;
  /** Plugins that allowed. */
  readonly allows: number;
  /** Of the deny, where there is one. */
  readonly reason: string;
  readonly plugin: string;
}

export interface HookServices {
  readonly deadlines: Deadlines;
  /** Hears of failures that harm nobody: observers'. */
  readonly report: (error: CrmError) => void;
}

const ALLOWED_BY_NOBODY: Decision = Object.freeze({ denied: false, allows: 0, reason: "", plugin: "" });

type AnyFunction = (...args: never[]) => unknown;

/** A point's taps and the machine that runs them. tapable stays behind this class and is rebuilt when taps change. */
abstract class Hook<F extends AnyFunction> {
  #taps: readonly Tap<F>[] = [];
  readonly name: string;
  readonly kind: HookKind;
  protected readonly services: HookServices;

  constructor(name: string, kind: HookKind, services: HookServices) {
    this.name = name;
    this.kind = kind;
    this.services = services;
  }

  get taps(): readonly Tap<F>[] {
    return this.#taps;
  }

  /** Replaces the taps of all plugins by these, which are in order. */
  setTaps(taps: readonly Tap<F>[]): void {
    this.#taps = taps;
    this.build();
  }

  protected abstract build(): void;
}

export class GuardHook<I> extends Hook<(input: I) => unknown> {
  #hook = new AsyncSeriesBailHook<[unknown], unknown>(["frame"]);

  protected override build(): void {
    this.#hook = new AsyncSeriesBailHook(["frame"], this.name);
    const point = { name: this.name, kind: this.kind, deadlines: this.services.deadlines };
    for (const tap of this.taps) addTap(this.#hook, point, tap, settleVerdict);
  }

  /** Asks every tap until one denies. A tap that fails denies. */
  decide(input: I): Promise<Decision> {
    if (this.taps.length === 0) return Promise.resolve(ALLOWED_BY_NOBODY);
    const frame = new Frame(this.name, input);
    return runSeries(this.#hook, frame, this.services.deadlines, concludeDecision).catch((error: unknown) => {
      const failure = error as CrmError;
      this.services.report(failure);
      return { denied: true, allows: frame.allows, reason: failure.message, plugin: frame.current?.plugin ?? "" };
    });
  }

  /** Passes unless a tap denies: then `CRM_HOOK_REFUSED` (403) with the plugin and its reason. */
  async enforce(input: I): Promise<void> {
    if (this.taps.length === 0) return;
    const decision = await this.decide(input);
    if (!decision.denied) return;
    throw new CrmError("CRM_HOOK_REFUSED", `Refused by plugin "${decision.plugin}": ${decision.reason}`, {
      status: 403,
      details: { plugin: decision.plugin, point: this.name, reason: decision.reason },
    });
  }
}

function concludeDecision<I>(frame: Frame<I>, deny: unknown): Decision {
  const denied = typeof deny === "string";
  return { denied, allows: frame.allows, reason: denied ? deny : "", plugin: frame.current?.plugin ?? "" };
}

/** tapable bails on anything but undefined, so only a deny may leave a value. */
function settleVerdict<I>(frame: Frame<I>, answer: unknown): string | undefined {
  if (typeof answer !== "object" || answer === null) return undefined;
  const { allow, deny } = answer as { allow?: unknown; deny?: unknown };
  if (typeof deny === "string") return deny;
  if (typeof allow === "string") frame.allows += 1;
  return undefined;
}

export class TransformHook<I> extends Hook<(draft: I) => unknown> {
  #hook = new AsyncSeriesWaterfallHook<[unknown]>(["frame"]);

  protected override build(): void {
    this.#hook = new AsyncSeriesWaterfallHook(["frame"], this.name);
    const point = { name: this.name, kind: this.kind, deadlines: this.services.deadlines };
    for (const tap of this.taps) addTap(this.#hook, point, tap, settleDraft);
  }

  /** The draft after every tap; a tap that answers nothing leaves it as it is. */
  apply(draft: I): Promise<I> {
    if (this.taps.length === 0) return Promise.resolve(draft);
    return runSeries(this.#hook, new Frame(this.name, draft), this.services.deadlines, concludeDraft);
  }
}

function concludeDraft<I>(frame: Frame<I>): I {
  return frame.value;
}

function settleDraft<I>(frame: Frame<I>, answer: unknown): Frame<I> {
  if (answer !== undefined && answer !== null) frame.value = answer as I;
  return frame;
}

type Next<I, O> = (input: I) => Promise<O>;

export class AroundHook<I, O> extends Hook<(input: I, next: Next<I, O>) => Promise<O>> {
  protected override build(): void {}

  /**
   * Runs `work` inside every tap, the first tap outermost. Errors of `work` pass through as they are. The time of
   * `work` is nobody's but its own: a tap's deadline counts what it does before and after.
   */
  run(input: I, work: Next<I, O>): Promise<O> {
    if (this.taps.length === 0) return work(input);
    return new Promise<O>((resolve, reject) => {
      const turn = new Turn(this.name, this.services.deadlines, reject);
      this.#enter(0, input, work, turn)
        .then(resolve, reject)
        .finally(() => turn.end());
    });
  }

  async #enter(index: number, input: I, work: Next<I, O>, turn: Turn): Promise<O> {
    const tap = this.taps[index];
    if (!tap) return turn.during(() => work(input));
    let inner: unknown;
    const next: Next<I, O> = async (changed) => {
      try {
        return await this.#enter(index + 1, changed, work, turn);
      } catch (error) {
        inner = error;
        throw error;
      } finally {
        turn.pass(tap);
      }
    };
    turn.pass(tap);
    const step = currentTrace()?.begin(this.name, "around", tap as Tap, input);
    try {
      const output = await tap.run(input, next);
      step?.answered(output, output);
      return output;
    } catch (error) {
      step?.failed(error);
      throw error === inner ? error : hookFailure(tap.plugin, this.name, error);
    }
  }
}

export class ObserveHook<I> extends Hook<(event: I) => unknown> {
  protected override build(): void {}

  /** Tells every tap; never rejects. */
  async notify(event: I): Promise<void> {
    if (this.taps.length === 0) return;
    await Promise.all(this.taps.map((tap) => this.#tell(tap, event)));
  }

  #tell(tap: Tap<(event: I) => unknown>, event: I): Promise<void> {
    return new Promise((resolve) => {
      const entry: Deadline = {
        expiresAt: 0,
        previous: undefined,
        next: undefined,
        expire: () => finish(hookDeadline(tap.plugin, this.name, tap.deadlineMs)),
      };
      const step = currentTrace()?.begin(this.name, "observe", tap as Tap, event);
      const finish = (error?: CrmError) => {
        this.services.deadlines.delete(entry);
        if (error) step?.failed(error);
        else step?.answered(undefined, event);
        if (error) this.services.report(error);
        resolve();
      };
      this.services.deadlines.add(entry, tap.deadlineMs);
      (async () => tap.run(event))().then(
        () => finish(),
        (error: unknown) => finish(hookFailure(tap.plugin, this.name, error)),
      );
    });
  }
}

export type HookOf<P> = P extends { kind: "guard" }
  ? GuardHook<PointInput<P>>
  : P extends { kind: "transform" }
    ? TransformHook<PointInput<P>>
    : P extends { kind: "around" }
      ? AroundHook<PointInput<P>, PointOutput<P>>
      : P extends { kind: "observe" }
        ? ObserveHook<PointInput<P>>
        : never;

type PointInput<P> = P extends HookPoint<HookKind, infer I, unknown> ? I : never;
type PointOutput<P> = P extends HookPoint<HookKind, infer _, infer O> ? O : never;
