import { CrmError, type Handler, handle } from "@crmessenger/kernel";
import { type ChannelProvider, CreateChannelAccount, UpdateChannelAccount } from "@crmessenger/kernel/communication";
import type { JsonObject } from "@crmessenger/kernel/infrastructure";
import type { CommunicationServices } from "../services.ts";
import { accountNotFound } from "./account-errors.ts";
import type { ChannelRunner } from "./channel-runner.ts";

/** Adding and changing the accounts on channels. */
export function manageAccounts(services: CommunicationServices, runner: ChannelRunner): readonly Handler[] {
  const refreshAfterCommit = (id: string) => services.unitOfWork.run(async (unit) => unit.afterCommit(() => void runner.refresh(id)));
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
      await services.auditor.track([{ action: CreateChannelAccount.name, target: { type: "channel-account", id: account.id } }]);
      await refreshAfterCommit(account.id);
      return account;
    }),
    handle(UpdateChannelAccount, async ({ id, settings, ...changes }) => {
      const account = await services.accounts.get(id, { lock: true });
      if (!account || account.deletedAt !== null) throw accountNotFound(id);
      const checked = settings === undefined ? account.settings : checkedSettings(services.providers.provider(account.type), settings);
      const stored = await services.accounts.update({ ...account, ...changes, settings: checked });
      await services.auditor.track([{ action: UpdateChannelAccount.name, target: { type: "channel-account", id } }]);
      await refreshAfterCommit(id);
      return stored;
    }),
  ];
}

function checkedSettings(provider: ChannelProvider, settings: JsonObject): JsonObject {
  const result = provider.settings.safeParse(settings);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => ({ path: path.map(String).join("."), message }));
  throw new CrmError("CRM_CHANNEL_SETTINGS", `The settings of a ${provider.type} account are wrong: ${issues.map(({ path, message }) => `${path}: ${message}`).join("; ")}.`, {
    status: 422,
    details: { type: provider.type, issues },
  });
}
