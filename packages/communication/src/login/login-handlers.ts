import { type Handler, answer, handle } from "@crmessenger/kernel";
import {
  AwaitLoginStep,
  BeginLogin,
  CancelLogin,
  type LoginStep,
  Logout,
  SubmitLogin,
} from "@crmessenger/kernel/communication";
import type { Criteria } from "@crmessenger/kernel/infrastructure";
import { noLogin, unknownLoginMethod } from "../channels/account-errors.ts";
import type { ChannelRunner } from "../channels/channel-runner.ts";
import { findAccount } from "../channels/find-account.ts";
import type { CommunicationServices } from "../services.ts";
import type { AccountLogin } from "./account-login.ts";

const PATIENCE_MS = 25_000;

/** Logging accounts in and out, for any UI. */
export function loginHandlers(services: CommunicationServices, runner: ChannelRunner): readonly Handler[] {
  const loginOf = async (id: string, scope: Criteria): Promise<AccountLogin> => {
    const { login } = runner.run(await findAccount(services, id, scope));
    if (login) return login;
    throw noLogin(id);
  };
  const own = { unitOfWork: "own" } as const;
  return [
    handle(
      BeginLogin,
      async ({ id, method }, { scope }) => {
        const account = await findAccount(services, id, await scope());
        const { loginMethods } = services.providers.provider(account.type);
        const chosen = method ?? loginMethods[0] ?? "";
        if (!loginMethods.includes(chosen)) throw unknownLoginMethod(account.type, chosen, loginMethods);
        return nextStep(services, await runner.run(account).beginLogin(chosen), 0);
      },
      own,
    ),
    answer(AwaitLoginStep, async ({ id, after }, { scope }) => nextStep(services, await loginOf(id, scope), after)),
    handle(
      SubmitLogin,
      async ({ id, values }, { scope }) => {
        await (await loginOf(id, await scope())).submit(values);
        return {};
      },
      own,
    ),
    handle(
      CancelLogin,
      async ({ id }, { scope }) => {
        await (await loginOf(id, await scope())).cancel();
        return {};
      },
      own,
    ),
    handle(
      Logout,
      async ({ id }, { scope }) => {
        await runner.run(await findAccount(services, id, await scope())).logout();
        return {};
      },
      own,
    ),
  ];
}

/** The step after `after`; when none comes in time, the current one. */
async function nextStep(services: CommunicationServices, login: AccountLogin, after: number): Promise<LoginStep> {
  const waiting = new AbortController();
  const working: LoginStep = { sequence: after, kind: "working" };
  const late = async (milliseconds: number): Promise<undefined> => {
    await services.clock.sleep(milliseconds, waiting.signal).catch(() => undefined);
  };
  try {
    const step = await Promise.race([login.next(after, waiting.signal), late(PATIENCE_MS)]);
    // A flow answers its current step at once; only one that is just beginning has none.
    return step ?? (await Promise.race([login.next(0, waiting.signal), late(0)])) ?? working;
  } finally {
    waiting.abort();
  }
}
