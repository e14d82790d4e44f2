import { runInContext, runOutsideUnitOfWork } from "@crmessenger/kernel";
import type { ChannelAccount } from "@crmessenger/kernel/communication";
import type { SecretNamespace, Secrets } from "@crmessenger/kernel/infrastructure";

/**
 * Where an account's device is stored. It belongs to the account's tenant whoever's operation uses it, and commits by
 * itself: a ratchet that moved on must not be rolled back with the unit of work of somebody who sent a message.
 */
export function accountSecrets(secrets: Secrets, { id, tenantId }: ChannelAccount): SecretNamespace {
  const namespace = secrets.namespace(`whatsapp/${id}`);
  const apart = <T>(work: () => Promise<T>): Promise<T> => runOutsideUnitOfWork(() => runInContext({ tenantId }, work));
  return {
    get: (key) => apart(() => namespace.get(key)),
    getMany: (keys) => apart(() => namespace.getMany(keys)),
    set: (key, value) => apart(() => namespace.set(key, value)),
    setMany: (entries) => apart(() => namespace.setMany(entries)),
    compareAndSet: (key, expected, value) => apart(() => namespace.compareAndSet(key, expected, value)),
    keys: (prefix) => apart(() => namespace.keys(prefix)),
    clear: () => apart(() => namespace.clear()),
  };
}
