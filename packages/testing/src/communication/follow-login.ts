import type { LoginFlow, LoginStep } from "@crmessenger/kernel/communication";

/** Follows a login until a step that `until` accepts, calling `act` at every step on the way. Answers all steps seen. */
export async function followLogin(
  flow: LoginFlow,
  until: (step: LoginStep) => boolean,
  act: (step: LoginStep) => Promise<void> = async () => undefined,
  deadlineMs = 15_000,
): Promise<readonly LoginStep[]> {
  const steps: LoginStep[] = [];
  const late = AbortSignal.timeout(deadlineMs);
  for (let after = 0; ;) {
    const step = await flow.next(after, late);
    steps.push(step);
    if (until(step)) return steps;
    if (step.kind === "done" || step.kind === "failed")
      throw new Error(`The login ended as ${step.kind}: ${JSON.stringify(step)}`);
    await act(step);
    after = step.sequence;
  }
}
