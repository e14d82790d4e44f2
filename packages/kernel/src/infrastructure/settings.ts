import { contract } from "../contract.ts";
import type { Json } from "./json.ts";

/**
 * Configuration as data, changed without a deploy, per tenant. Keys are `<plugin>.<setting>`. Verified by
 * `describeSettings` in `@crmessenger/testing`.
 */
export interface Settings {
  get(key: string): Promise<Json | undefined>;
  set(key: string, value: Json): Promise<void>;
  delete(key: string): Promise<void>;
}

export const Settings = contract<Settings>("infrastructure.settings", 1);
