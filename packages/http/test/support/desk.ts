import { z } from "zod";
import {
  CrmError,
  type Plugin,
  answer,
  defineCommand,
  definePlugin,
  defineQuery,
  executionContext,
  handle,
} from "@crmessenger/kernel";
import type { Route } from "@crmessenger/kernel/http";
import { criteriaSchema } from "@crmessenger/kernel/infrastructure";

const note = z.object({ id: z.string(), text: z.string() });

export const CreateNote = defineCommand({
  name: "desk.note.create",
  description: "Writes a note.",
  input: z.object({ text: z.string().min(1), tags: z.array(z.string()).default([]) }),
  output: note,
  permission: "desk.note.write",
  http: { method: "POST", path: "/notes", status: 201 },
});

export const ReplaceNote = defineCommand({
  name: "desk.note.replace",
  description: "Writes a note anew.",
  input: z.object({ id: z.string(), version: z.number().int(), text: z.string() }),
  output: z.json(),
  permission: "desk.note.write",
  http: { method: "PUT", path: "/notes/:id/versions/:version" },
});

export const RemoveNote = defineCommand({
  name: "desk.note.remove",
  description: "Throws a note away.",
  input: z.object({ id: z.string(), hard: z.boolean().default(false) }),
  output: z.json(),
  permission: "desk.note.write",
  http: { method: "DELETE", path: "/notes/:id" },
});

export const GetNote = defineQuery({
  name: "desk.note.get",
  description: "One note.",
  input: z.object({ id: z.string() }),
  output: note,
  permission: "desk.note.read",
  http: { method: "GET", path: "/notes/:id" },
});

export const GetFirstNote = defineQuery({
  name: "desk.note.first",
  description: "The first note.",
  input: z.object({}),
  output: note,
  permission: "desk.note.read",
  http: { method: "GET", path: "/notes/first" },
});

export const ListNotes = defineQuery({
  name: "desk.note.list",
  description: "Notes that match.",
  input: z.object({
    limit: z.coerce.number().int().min(1).max(500).exactOptional(),
    done: z.boolean().exactOptional(),
    weight: z.number().nullable().exactOptional(),
    tags: z.array(z.string()).exactOptional(),
    sort: z.array(z.object({ field: z.string() })).exactOptional(),
    after: z.string().exactOptional(),
    criteria: criteriaSchema.exactOptional(),
  }),
  output: z.json(),
  permission: "desk.note.read",
  http: { method: "GET", path: "/notes" },
});

export const Fail = defineCommand({
  name: "desk.note.fail",
  description: "Fails as told.",
  input: z.object({ how: z.string() }),
  output: z.json(),
  permission: null,
});

export const WhoAmI = defineQuery({
  name: "desk.context.get",
  description: "The context it runs in.",
  input: z.object({}),
  output: z.json(),
  permission: null,
  http: { method: "GET", path: "/context" },
});

export const Hidden = defineCommand({
  name: "desk.note.hidden",
  description: "Only for code inside.",
  input: z.object({}),
  output: z.json(),
  permission: null,
  http: null,
});

function fail(how: string): never {
  switch (how) {
    case "conflict":
      throw new CrmError("CRM_DESK_CONFLICT", "Somebody else was faster.", { status: 409, details: { id: "7" } });
    case "busy":
      throw new CrmError("CRM_DESK_BUSY", "postgres://crm:hunter2@db is busy", {
        status: 503,
        retryable: true,
        retryAfterMs: 2_500,
      });
    case "default":
      throw new CrmError("CRM_DESK_BROKEN", "The password hunter2 was refused by 10.0.0.7", {
        details: { password: "hunter2" },
      });
    case "odd-status":
      throw new CrmError("CRM_DESK_ODD", "hunter2", { status: 200 });
    case "string":
      throw "hunter2"; // oxlint-disable-line no-throw-literal -- what libraries do
    default:
      throw new Error("connect ECONNREFUSED with hunter2");
  }
}

/** A plugin with operations of every shape, and the routes a test gives it. */
export function deskPlugin(routes: readonly Route[] = []): Plugin {
  return definePlugin({
    id: "desk",
    version: "1.0.0",
    permissions: ["desk.own.work"],
    boot: () => ({
      routes,
      handlers: [
        handle(CreateNote, async ({ text }) => ({ id: `note-of-${text.length}`, text })),
        handle(ReplaceNote, async (input) => input),
        handle(RemoveNote, async (input) => input),
        answer(GetNote, async ({ id }) => ({ id, text: "text" })),
        answer(GetFirstNote, async () => ({ id: "first", text: "text" })),
        answer(ListNotes, async (input) => input as never),
        handle(Fail, async ({ how }) => fail(how)),
        answer(WhoAmI, async () => {
          const { actor, tenantId, correlationId, causationId, locale, unitOfWork } = executionContext();
          return {
            actor: { ...actor },
            tenantId,
            correlationId,
            causationId,
            locale,
            inUnit: unitOfWork !== undefined,
          };
        }),
        handle(Hidden, async () => ({})),
      ],
    }),
  })();
}
