import { CrmError, type Handler, handle } from "@crmessenger/kernel";
import {
  type ChannelAccount,
  type ChannelProvider,
  CreateChannelAccount,
  UpdateChannelAccount,
} from "@crmessenger/kernel/communication";
import type { JsonObject } from "@crmessenger/kernel/infrastructure";
import type { CommunicationServices } from "../services.ts";
import type { AccountTenants } from "./account-tenants.ts";
import type { ChannelRunner } from "./channel-runner.ts";
import { findAccount } from "./find-account.ts";

/** Adding and changing the accounts on channels. */
export function manageAccounts(
  services: CommunicationServices,
  tenants: AccountTenants,
  runner: ChannelRunner,
): readonly Handler[] {
  const finish = async (action: string, account: ChannelAccount): Promise<ChannelAccount> => {
    await services.auditor.track([{ action, target: { type: "channel-account", id: account.id } }]);
    await services.unitOfWork.run(async (unit) => unit.afterCommit(() => runner.want(account)));
    return account;
  };
  return [
    handle(CreateChannelAccount, async ({ type, name, settings, enabled }) => {
      const provider = services.providers.provider(type);
      const needsLogin = provider.loginMethods.length > 0;
      const account = await services.accounts.insert({
        id: services.ids.next(),
        type,
        name,
        enabled,
        settings: checkedSettings(provider, settings),
        externalId: null,
        state: needsLogin ? { status: "needs-login", reason: "Log in to connect." } : { status: "stopped", reason: "" },
      });
      await tenants.note();
      return finish(CreateChannelAccount.name, account);
    }),
    handle(UpdateChannelAccount, async ({ id, settings, ...changes }, { scope }) => {
      const account = await findAccount(services, id, await scope(), { lock: true });
      const checked =
        settings === undefined
          ? account.settings
          : checkedSettings(services.providers.provider(account.type), settings);
      const stored = await services.accounts.update({ ...account, ...changes, settings: checked });
      return finish(UpdateChannelAccount.name, stored);
    }),
  ];
}

function checkedSettings(provider: ChannelProvider, settings: JsonObject): JsonObject {
  const result = provider.settings.safeParse(settings);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
  const wrong = issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
  throw new CrmError("CRM_CHANNEL_SETTINGS", `The settings of a ${provider.type} account are wrong: ${wrong}.`, {
    status: 422,
    details: { type: provider.type, issues },
  });
}
