import type { ChatDirectory } from "../chats/chat-directory.ts";
import type { Change } from "../world/change.ts";
import type { World } from "../world/world.ts";
import { encodeForm, type FormValue } from "./form.ts";
import { formCompany, formContact, formLead, formNote } from "./form-entities.ts";
import { formMessage, formTalk, formTask, formUnsorted } from "./form-feed.ts";

/** What bodies are made from. */
export interface HookSource {
  readonly world: World;
  readonly chats: ChatDirectory;
  readonly baseUrl: string;
}

/** One body to send. */
export interface HookBody {
  readonly body: string;
  /** Whether it is about a lead that changed its status. */
  readonly aboutStatus: boolean;
}

const SINGULAR = { leads: "lead", contacts: "contact", companies: "company" } as const;

/** Names that `POST webhooks` accepts; the rest exist too, but only the account's settings page offers them. */
export const API_SETTINGS: ReadonlySet<string> = new Set([
  ...["lead", "contact", "company", "customer", "task"].flatMap((entity) => [
    `responsible_${entity}`,
    `delete_${entity}`,
  ]),
  ...["lead", "contact", "company"].map((entity) => `restore_${entity}`),
  ...["lead", "contact", "company", "customer", "talk", "task"].flatMap((entity) => [
    `add_${entity}`,
    `update_${entity}`,
  ]),
  "status_lead",
  ...["lead", "contact", "company", "customer"].map((entity) => `note_${entity}`),
  "add_chat_template_review",
]);

/** The bodies a subscriber gets for changes made together: one for each kind of change, several elements in each. */
export function hookBodies(source: HookSource, changes: readonly Change[], wanted: ReadonlySet<string>): HookBody[] {
  const groups = new Map<string, { top: string; action: string; elements: FormValue[] }>();
  for (const change of changes) {
    if (!wanted.has(settingOf(change))) continue;
    const element = formOf(source, change);
    if (element === undefined) continue;
    // Companies come under `contacts`, but not in one body with people.
    const key = `${change.entity} ${change.action}`;
    const top = change.entity === "companies" ? "contacts" : change.entity;
    const group = groups.get(key) ?? { top, action: change.action, elements: [] };
    groups.set(key, group);
    group.elements.push(element);
  }
  const { id, subdomain } = source.world.account;
  const account = { subdomain, id, _links: { self: source.baseUrl } };
  return [...groups.values()].map(({ top, action, elements }) => ({
    body: encodeForm({ account, [top]: { [action]: elements } }),
    aboutStatus: top === "leads" && action === "status",
  }));
}

function settingOf(change: Change): string {
  const entity = change.entity in SINGULAR ? SINGULAR[change.entity as keyof typeof SINGULAR] : change.entity;
  return `${change.action}_${entity}`;
}

function formOf(source: HookSource, change: Change): FormValue | undefined {
  const { world, chats } = source;
  switch (change.entity) {
    case "leads":
      return change.action === "note" ? formNote(world, change) : formLead(world, change);
    case "contacts":
      return change.action === "note" ? formNote(world, change) : formContact(world, change);
    case "companies":
      return change.action === "note" ? formNote(world, change) : formCompany(world, change);
    case "task":
      return formTask(world, change.id);
    case "talk":
      return formTalk(world, Number(change.id));
    case "unsorted":
      return formUnsorted(world, String(change.id), change.action);
    case "message":
      return formMessage(world, chats.message(String(change.id)), source.baseUrl);
  }
}
