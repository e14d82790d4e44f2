import type { LoginFlow, LoginStep } from "@crmessenger/kernel/communication";
import { expect, test } from "vitest";
import { describeLoginFlow, failuresOf, runSuite } from "../../src/index.ts";
import { ScriptedLogin } from "../communication/scripted-login.ts";
import { but } from "./but.ts";

interface Breakage {
  readonly fault: string;
  readonly noticedBy: string;
  readonly change: (flow: LoginFlow) => Partial<LoginFlow>;
}

const breakages: readonly Breakage[] = [
  {
    fault: "shows a code that is out of date",
    noticedBy: "shows no code that is stale",
    change: (flow) => ({
      async next(after, signal) {
        const step = await flow.next(after, signal);
        return step.kind === "show-qr" ? { ...step, expiresAt: "2020-01-01T00:00:00.000Z" } : step;
      },
    }),
  },
  {
    fault: "goes on after it was cancelled",
    noticedBy: "ends as cancelled when it is cancelled, once and for all, and tells those who wait",
    change: () => ({ cancel: async () => undefined }),
  },
  {
    fault: "takes answers that nobody asked for",
    noticedBy: "refuses an answer that nobody asked for",
    change: (flow) => ({ submit: (answer) => flow.submit(answer).catch(() => undefined) }),
  },
  {
    fault: "says nothing of a wrong answer",
    noticedBy: "asks again after a wrong answer, with the problem, and takes the right one then",
    change: (flow) => ({
      async next(after, signal) {
        const step = await flow.next(after, signal);
        if (step.kind !== "ask") return step;
        const { problem: _, ...rest } = step;
        return rest;
      },
    }),
  },
];

function begin(change: Breakage["change"]) {
  const scripted = new ScriptedLogin("open sesame");
  const flow = but<LoginFlow>(scripted, change(scripted));
  const act = async (step: LoginStep) => {
    if (step.kind === "show-qr") scripted.scan();
    if (step.kind === "ask") await flow.submit({ password: "open sesame" });
  };
  return { flow, act, wrongAnswer: { password: "open says me" } };
}

test.each(breakages)("a way to log in that $fault is noticed", async ({ fault, noticedBy, change }) => {
  const harness = { name: fault, begin: async () => begin(change) };
  const reports = await runSuite(() => describeLoginFlow(harness), {
    only: (name) => name === noticedBy,
    deadlineMs: 2_000,
  });
  expect(failuresOf(reports)).toEqual([noticedBy]);
});
