import type { LoginFlow, LoginStep } from "@crmessenger/kernel/communication";
import { expect } from "vitest";
import { followLogin } from "./follow-login.ts";
import { describe, onTestFinished, test } from "../suite/suite-api.ts";

/** How a way to log in is handed to its suite. */
export interface LoginFlowHarness {
  /** As test reports show it, such as `telegram by QR with 2FA`. */
  readonly name: string;
  /** Begins a login of an account that a person could finish. */
  begin(): Promise<LoginFlowUnderTest>;
}

export interface LoginFlowUnderTest {
  readonly flow: LoginFlow;
  /** What the person does at a step to get on: scans the code, answers the question. */
  act(step: LoginStep): Promise<void>;
  /** An answer that the channel can tell is wrong; absent where nothing is asked. */
  readonly wrongAnswer?: Readonly<Record<string, string>>;
  stop?(): Promise<void>;
}

/** What every LoginFlow promises. */
export function describeLoginFlow(harness: LoginFlowHarness): void {
  describe(`${harness.name}: LoginFlow`, () => {
    const begin = async () => {
      const login = await harness.begin();
      onTestFinished(async () => {
        await login.flow.cancel();
        await login.stop?.();
      });
      return login;
    };
    finishing(begin);
    waiting(begin);
    asking(begin);
    cancelling(begin);
  });
}

type Begin = () => Promise<LoginFlowUnderTest>;

const isDone = (step: LoginStep) => step.kind === "done";

function finishing(begin: Begin): void {
  test("leads to done in steps that count up, and stays there", async () => {
    const { flow, act } = await begin();
    const steps = await followLogin(flow, isDone, act);
    const sequences = steps.map(({ sequence }) => sequence);
    expect(sequences[0]).toBeGreaterThan(0);
    expect(sequences).toEqual([...new Set(sequences)].toSorted((a, b) => a - b));
    const done = steps.at(-1);
    expect(done).toMatchObject({
      kind: "done",
      externalId: expect.stringMatching(/./),
      displayName: expect.any(String),
    });
    expect(await flow.next(0)).toEqual(done);
    await flow.cancel();
    expect(await flow.next(0)).toEqual(done);
  });

  test("shows no code that is stale", async () => {
    const { flow, act } = await begin();
    await followLogin(flow, isDone, async (step) => {
      if (step.kind === "show-qr") {
        expect(step.text).not.toBe("");
        expect(Date.parse(step.expiresAt)).toBeGreaterThan(Date.now());
      }
      await act(step);
    });
  });
}

function waiting(begin: Begin): void {
  test("answers the current step to everybody who has not seen it, and the next one to those who wait", async () => {
    const { flow, act } = await begin();
    const first = await flow.next(0);
    expect((await flow.next(first.sequence - 1)).sequence).toBeGreaterThanOrEqual(first.sequence);
    const waiters = [flow.next(first.sequence), flow.next(first.sequence)];
    await followLogin(flow, isDone, act);
    const [one, other] = await Promise.all(waiters);
    expect(one?.sequence).toBeGreaterThan(first.sequence);
    expect(other).toEqual(one);
  });

  test("lets those who wait give up, with their reason", async () => {
    const { flow } = await begin();
    const controller = new AbortController();
    const reason = new Error("the browser was closed");
    const waits = flow.next(Number.MAX_SAFE_INTEGER, controller.signal);
    controller.abort(reason);
    await expect(waits).rejects.toBe(reason);
    await expect(flow.next(Number.MAX_SAFE_INTEGER, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
}

function asking(begin: Begin): void {
  test("refuses an answer that nobody asked for", async () => {
    const { flow, act } = await begin();
    await followLogin(flow, isDone, act);
    await expect(flow.submit({ anything: "at all" })).rejects.toMatchObject({
      code: "CRM_LOGIN_NOT_ASKED",
      status: 409,
    });
  });

  test("asks again after a wrong answer, with the problem, and takes the right one then", async () => {
    const { flow, act, wrongAnswer } = await begin();
    if (!wrongAnswer) {
      const steps = await followLogin(flow, isDone, act);
      expect(steps.map(({ kind }) => kind)).not.toContain("ask");
      return;
    }
    let wrong = 0;
    const steps = await followLogin(flow, isDone, async (step) => {
      if (step.kind === "ask" && wrong++ === 0) await flow.submit(wrongAnswer);
      else await act(step);
    });
    const asked = steps.filter((step) => step.kind === "ask");
    expect(asked[0]?.fields.length).toBeGreaterThan(0);
    expect(asked.at(-1)?.problem).toMatch(/\w/);
  });
}

function cancelling(begin: Begin): void {
  test("ends as cancelled when it is cancelled, once and for all, and tells those who wait", async () => {
    const { flow } = await begin();
    const first = await flow.next(0);
    const waits = followLogin(flow, (step) => step.kind === "failed");
    await flow.cancel();
    await flow.cancel();
    const last = (await waits).at(-1);
    expect(last).toMatchObject({ kind: "failed", code: "CRM_LOGIN_CANCELLED", reason: expect.stringMatching(/\w/) });
    expect(last?.sequence).toBeGreaterThan(first.sequence);
    expect(await flow.next(0)).toEqual(last);
    await expect(flow.submit({ anything: "at all" })).rejects.toMatchObject({ code: "CRM_LOGIN_NOT_ASKED" });
  });
}
