import { ScaffoldError } from "../scaffold-error.ts";

/** One of the things an application can be made with. */
export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly hint: string;
  /** The package that it brings. */
  readonly dependency?: string;
}

export const CHANNELS: readonly Choice[] = [
  {
    value: "telegram",
    label: "Telegram",
    hint: "accounts and bots; brings GPL-3.0-or-later code",
    dependency: "@crmessenger/telegram",
  },
  {
    value: "whatsapp",
    label: "WhatsApp",
    hint: "accounts by QR code; brings GPL-3.0 code",
    dependency: "@crmessenger/whatsapp",
  },
  {
    value: "http",
    label: "HTTP",
    hint: "any system with signed webhooks",
    dependency: "@crmessenger/http-channel",
  },
];

export const DATABASES: readonly Choice[] = [
  { value: "embedded", label: "Embedded", hint: "in a folder of the application; nothing to install" },
  { value: "postgres", label: "PostgreSQL", hint: "15 or newer, at DATABASE_URL" },
];

export const FEATURES: readonly Choice[] = [
  { value: "amocrm", label: "amoCRM", hint: "contacts, leads and chats in step", dependency: "@crmessenger/amocrm" },
  { value: "ci", label: "GitHub Actions", hint: "checks every push" },
];

/** What an application is made of. */
export interface AppChoices {
  /** Of its package: kebab-case, perhaps with a scope. */
  readonly name: string;
  readonly channels: readonly string[];
  readonly database: string;
  readonly features: readonly string[];
}

export const DEFAULTS = { channels: ["http"], database: "embedded", features: [] } as const;

/** The values of a list such as `telegram,http`; an unknown one is `CRM_SCAFFOLD_CHOICE` and names those there are. */
export function parseList(what: string, choices: readonly Choice[], text: string): readonly string[] {
  const values = text.split(",").map((value) => value.trim());
  return [...new Set(values.filter((value) => value !== "" && value !== "none"))].map((value) =>
    parseOne(what, choices, value),
  );
}

export function parseOne(what: string, choices: readonly Choice[], value: string): string {
  if (choices.some((choice) => choice.value === value)) return value;
  const known = choices.map((choice) => choice.value).join(", ");
  throw new ScaffoldError("CRM_SCAFFOLD_CHOICE", `There is no ${what} "${value}". Choose from: ${known}.`);
}
