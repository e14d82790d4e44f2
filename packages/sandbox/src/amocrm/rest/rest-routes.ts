import { Router } from "../http/router.ts";
import { getAccount, getUser, listUsers } from "./account.ts";
import { createComplex } from "./complex.ts";
import { bindChats, listContactChats } from "./contact-chats.ts";
import { contactHandlers } from "./contacts.ts";
import { createCustomFields, getCustomField, listCustomFields } from "./custom-fields.ts";
import { closeTalk, getEvent, getTalk, listEvents } from "./feed.ts";
import { createLeads, getLead, listLeads, patchLead, patchLeads } from "./leads.ts";
import { link, listLinks, unlink } from "./links.ts";
import { createNotes, getNote, listNotes, patchNote } from "./notes.ts";
import { createPipelines, getPipeline, listPipelines, listStatuses } from "./pipelines.ts";
import type { RestHandler } from "./rest-request.ts";
import { createSources, deleteSource, getSource, listSources, patchSource } from "./sources.ts";
import { createTasks, getTask, listTasks, patchTask } from "./tasks.ts";
import {
  acceptUnsortedRequest,
  declineUnsortedRequest,
  getUnsorted,
  linkUnsortedRequest,
  listUnsorted,
  summariseUnsorted,
} from "./unsorted.ts";
import { listWebhooks, subscribeWebhook, unsubscribeWebhook } from "./webhooks.ts";

/** Every REST method, by its path under `/api/v4/`. */
export const restRoutes = new Router<RestHandler>();

restRoutes
  .add("GET", "account", getAccount)
  .add("GET", "users", listUsers)
  .add("GET", "users/:id", getUser)
  .add("GET", "events", listEvents)
  .add("GET", "events/:id", getEvent)
  .add("GET", "talks/:id", getTalk)
  .add("POST", "talks/:id/close", closeTalk)
  .add("GET", "webhooks", listWebhooks)
  .add("POST", "webhooks", subscribeWebhook)
  .add("DELETE", "webhooks", unsubscribeWebhook)
  .add("GET", "sources", listSources)
  .add("POST", "sources", createSources)
  .add("GET", "sources/:id", getSource)
  .add("PATCH", "sources/:id", patchSource)
  .add("DELETE", "sources/:id", deleteSource)
  .add("GET", "tasks", listTasks)
  .add("POST", "tasks", createTasks)
  .add("GET", "tasks/:id", getTask)
  .add("PATCH", "tasks/:id", patchTask)
  .add("POST", "leads/complex", createComplex)
  .add("GET", "leads/pipelines", listPipelines)
  .add("POST", "leads/pipelines", createPipelines)
  .add("GET", "leads/pipelines/:id", getPipeline)
  .add("GET", "leads/pipelines/:id/statuses", listStatuses)
  .add("GET", "leads/unsorted", listUnsorted)
  .add("GET", "leads/unsorted/summary", summariseUnsorted)
  .add("GET", "leads/unsorted/:uid", getUnsorted)
  .add("POST", "leads/unsorted/:uid/accept", acceptUnsortedRequest)
  .add("DELETE", "leads/unsorted/:uid/decline", declineUnsortedRequest)
  .add("POST", "leads/unsorted/:uid/link", linkUnsortedRequest)
  .add("GET", "contacts/chats", listContactChats)
  .add("POST", "contacts/chats", bindChats);

for (const kind of ["leads", "contacts", "companies"] as const) {
  restRoutes
    .add("GET", `${kind}/custom_fields`, listCustomFields(kind))
    .add("POST", `${kind}/custom_fields`, createCustomFields(kind))
    .add("GET", `${kind}/custom_fields/:id`, getCustomField(kind))
    .add("GET", `${kind}/notes`, listNotes(kind))
    .add("POST", `${kind}/notes`, createNotes(kind))
    .add("GET", `${kind}/notes/:noteId`, getNote(kind))
    .add("PATCH", `${kind}/notes/:noteId`, patchNote(kind))
    .add("POST", `${kind}/link`, link(kind))
    .add("POST", `${kind}/unlink`, unlink(kind))
    .add("GET", `${kind}/:id/notes`, listNotes(kind))
    .add("POST", `${kind}/:id/notes`, createNotes(kind))
    .add("GET", `${kind}/:id/notes/:noteId`, getNote(kind))
    .add("PATCH", `${kind}/:id/notes/:noteId`, patchNote(kind))
    .add("GET", `${kind}/:id/links`, listLinks(kind))
    .add("POST", `${kind}/:id/link`, link(kind))
    .add("POST", `${kind}/:id/unlink`, unlink(kind));
}

restRoutes
  .add("GET", "leads", listLeads)
  .add("POST", "leads", createLeads)
  .add("PATCH", "leads", patchLeads)
  .add("GET", "leads/:id", getLead)
  .add("PATCH", "leads/:id", patchLead);

for (const kind of ["contacts", "companies"] as const) {
  const handlers = contactHandlers(kind);
  restRoutes
    .add("GET", kind, handlers.list)
    .add("POST", kind, handlers.create)
    .add("PATCH", kind, handlers.patchAll)
    .add("GET", `${kind}/:id`, handlers.get)
    .add("PATCH", `${kind}/:id`, handlers.patch);
}
