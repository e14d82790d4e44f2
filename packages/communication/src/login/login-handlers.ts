import { CrmError, type Handler, answer, handle } from "@crmessenger/kernel";
import { AwaitLoginStep, BeginLogin, CancelLogin, Logout, type LoginFlow, type LoginStep, SubmitLogin } from "@crmessenger/kernel/communication";
import { accountNotFound } from "../channels/account-errors.ts";
import { unknownLoginMethod } from "../channels/account-run.ts";
import type { ChannelRunner } from "../channels/channel-runner.ts";
import type { CommunicationServices } from "../services.ts";

const PATIENCE_MS = 25_000;

/**
 * Logging accounts in, for any UI. The flow that was begun last is kept after its end, so that who asks late still
 * learns how it ended.
 */
export function loginHandlers(services: CommunicationServices, runner: ChannelRunner): readonly Handler[] {
  const flows = new Map<string, LoginFlow>();
  const flowOf = (id: string): LoginFlow => {
    const flow = runner.login(id) ?? flows.get(id);
    if (flow) return flow;
    throw new CrmError("CRM_LOGIN_NONE", `No login is under way for the channel account ${id}. Begin one first.`, { status: 404, details: { id } });
  };
  return [
    handle(
      BeginLogin,
      async ({ id, method }) => {
        const account = await services.accounts.get(id);
        if (!account || account.deletedAt !== null) throw accountNotFound(id);
        const { loginMethods } = services.providers.provider(account.type);
        const chosen = method ?? loginMethods[0];
        if (chosen === undefined || !loginMethods.includes(chosen)) throw unknownLoginMethod(account.type, chosen ?? "", loginMethods);
        const flow = await runner.beginLogin(id, chosen);
        flows.set(id, flow);
        return nextStep(services, flow, 0);
      },
      { unitOfWork: "own" },
    ),
    answer(AwaitLoginStep, ({ id, after }) => nextStep(services, flowOf(id), after)),
    handle(
      SubmitLogin,
      async ({ id, values }) => {
        await flowOf(id).submit(values);
        return {};
      },
      { unitOfWork: "own" },
    ),
    handle(
      CancelLogin,
      async ({ id }) => {
        await flowOf(id).cancel();
        return {};
      },
      { unitOfWork: "own" },
    ),
    handle(
      Logout,
      async ({ id }) => {
        await runner.logout(id);
        return {};
      },
      { unitOfWork: "own" },
    ),
  ];
}

/** The step after `after`; when none comes in time, that it is still being worked on. */
async function nextStep(services: CommunicationServices, flow: LoginFlow, after: number): Promise<LoginStep> {
  const patience = new AbortController();
  const waiting = new AbortController();
  const late = services.clock.sleep(PATIENCE_MS, patience.signal).then(
    () => ({ sequence: after, kind: "working" }) as const,
    () => undefined,
  );
  try {
    const step = await Promise.race([flow.next(after, waiting.signal), late]);
    return step ?? { sequence: after, kind: "working" };
  } finally {
    patience.abort();
    waiting.abort();
  }
}
