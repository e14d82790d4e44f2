declare const input: unique symbol;
declare const output: unique symbol;

export type HookKind = "guard" | "transform" | "around" | "observe";

/**
 * A named place where plugins can join in. The point is a reference; each kernel has its own hook behind it.
 * Its doc comment says when it runs, how often, and what a throw does.
 */
export interface HookPoint<Kind extends HookKind, Input, Output = Input> {
  readonly kind: Kind;
  /** `<area>.<noun>`, such as `sales.lead-draft`. */
  readonly name: string;
  readonly [input]?: Input;
  readonly [output]?: Output;
}

/** What a guard says: nothing, or that it allows or denies, with a reason for people. */
export type Verdict = undefined | void | { readonly allow: string } | { readonly deny: string };

/** The function a plugin taps a point with. */
export type TapFunction<P> =
  P extends HookPoint<"guard", infer I, unknown>
    ? (input: I) => Verdict | Promise<Verdict>
    : P extends HookPoint<"transform", infer I, unknown>
      ? (draft: I) => I | undefined | void | Promise<I | undefined | void>
      : P extends HookPoint<"around", infer I, infer O>
        ? (input: I, next: (input: I) => Promise<O>) => Promise<O>
        : P extends HookPoint<"observe", infer I, unknown>
          ? (event: I) => void | Promise<void>
          : never;

export type AnyHookPoint = HookPoint<HookKind, never, unknown>;

const NAME = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$/;

function point<P>(kind: HookKind, name: string): P {
  if (!NAME.test(name)) throw new TypeError(`A hook point is named "<area>.<noun>" in kebab-case, not "${name}".`);
  return Object.freeze({ kind, name }) as P;
}

/** May refuse: the first deny ends it, allows are counted, a throw counts as a deny. */
export const guardPoint = <I>(name: string) => point<HookPoint<"guard", I>>("guard", name);
/** May change a draft: each tap gets what the one before it returned; a throw aborts the operation. */
export const transformPoint = <I>(name: string) => point<HookPoint<"transform", I>>("transform", name);
/** Wraps the operation like an onion; a throw is the operation's failure. */
export const aroundPoint = <I, O>(name: string) => point<HookPoint<"around", I, O>>("around", name);
/** Watches, after the fact, without a say: all taps run, failures are reported and harm nobody. */
export const observePoint = <I>(name: string) => point<HookPoint<"observe", I>>("observe", name);
