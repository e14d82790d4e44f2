import type { Json } from "@crmessenger/kernel/infrastructure";
import { describeCollections, describeSecrets, describeSettings } from "@crmessenger/testing";
import { breakStorage, but, inOneTenant } from "./break-storage.ts";
import type { Breakage } from "./breakage.ts";

export const documentBreakages: readonly Breakage[] = [
  {
    fault: "ignores the expected version of documents",
    suite: describeCollections,
    noticedBy: "replaces only the expected version; 0 expects nothing there",
    plugin: () =>
      breakStorage(({ collections }) => ({
        collections: but(collections, {
          open(definition) {
            const collection = collections.open(definition);
            return but(collection, { put: (key, value) => collection.put(key, value) });
          },
        }),
      })),
  },
  {
    fault: "forgets that combinations are unique",
    suite: describeCollections,
    noticedBy: "refuses a taken key and a taken combination, naming the constraint",
    plugin: () =>
      breakStorage(({ collections }) => ({
        collections: but(collections, { open: (definition) => collections.open({ ...definition, unique: {} }) }),
      })),
  },
  {
    fault: "takes prefixes for patterns",
    suite: describeSecrets,
    noticedBy: "lists keys by a prefix that is no pattern",
    plugin: () =>
      breakStorage(({ secrets }) => ({
        secrets: but(secrets, {
          namespace(name) {
            const namespace = secrets.namespace(name);
            return but(namespace, {
              keys: async (prefix = "") =>
                (await namespace.keys()).filter((key) =>
                  new RegExp(`^${prefix.replaceAll("_", ".").replaceAll("%", ".*").replaceAll("\\", "")}`).test(key),
                ),
            });
          },
        }),
      })),
  },
  {
    fault: "keeps the secrets of all namespaces in one",
    suite: describeSecrets,
    noticedBy: "clears one namespace and leaves its neighbours, whatever their names",
    plugin: () =>
      breakStorage(({ secrets }) => ({ secrets: but(secrets, { namespace: () => secrets.namespace("all") }) })),
  },
  {
    fault: "shows the secrets of another tenant",
    suite: describeSecrets,
    noticedBy: "keeps tenants apart",
    plugin: () =>
      breakStorage(({ secrets }) => ({
        secrets: but(secrets, {
          namespace(name) {
            const namespace = secrets.namespace(name);
            return but(namespace, {
              get: (key) => inOneTenant(() => namespace.get(key)),
              set: (key, value) => inOneTenant(() => namespace.set(key, value)),
            });
          },
        }),
      })),
  },
  {
    fault: "shares settings among tenants",
    suite: describeSettings,
    noticedBy: "keeps tenants apart",
    plugin: () =>
      breakStorage(({ settings }) => ({
        settings: but(settings, {
          get: (key) => inOneTenant(() => settings.get(key)),
          set: (key, value) => inOneTenant(() => settings.set(key, value)),
        }),
      })),
  },
  {
    fault: "takes falsy values for none",
    suite: describeSettings,
    noticedBy: "keeps any JSON under its key until it is deleted",
    plugin: () =>
      breakStorage(({ settings }) => ({
        settings: but(settings, { get: async (key) => (await settings.get(key)) || undefined }),
      })),
  },
  {
    fault: "sets settings for good though the unit is rolled back",
    suite: describeSettings,
    noticedBy: "takes part in the unit of work",
    plugin: () =>
      breakStorage(({ settings }) => {
        const kept = new Map<string, Json>();
        return {
          settings: but(settings, {
            get: async (key) => kept.get(key),
            set: async (key, value) => void kept.set(key, value),
          }),
        };
      }),
  },
];
