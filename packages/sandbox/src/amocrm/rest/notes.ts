import { problem } from "../http/problem.ts";
import { empty, hal } from "../http/reply.ts";
import type { EntityKind, NoteRecord } from "../world/records.ts";
import { ItemCheck, refuseInvalid } from "./item-check.ts";
import { pageReply } from "./page.ts";
import { isRecord } from "../http/is-record.ts";
import { batchOf, idParam, type RestHandler, type RestRequest, selfLink } from "./rest-request.ts";

const NOTE_TYPES = new Set([
  "common",
  "call_in",
  "call_out",
  "service_message",
  "extended_service_message",
  "message_cashier",
  "geolocation",
  "sms_in",
  "sms_out",
  "attachment",
]);

/** `GET <entity>/notes` and `GET <entity>/:id/notes` */
export function listNotes(kind: EntityKind): RestHandler {
  return (request) => {
    const entityId = request.params["id"] === undefined ? undefined : idParam(request);
    const types = valuesOf(request, "note_type");
    const ids = valuesOf(request, "id");
    const notes = [...request.world.notes.values()].filter(
      (note) =>
        note.entity === kind &&
        (entityId === undefined || note.entityId === entityId) &&
        (types.size === 0 || types.has(note.noteType)) &&
        (ids.size === 0 || ids.has(String(note.id))),
    );
    return pageReply(request, notes, { name: "notes", render: (note) => render(request, note) });
  };
}

/** `GET <entity>/notes/:noteId` and `GET <entity>/:id/notes/:noteId` */
export function getNote(kind: EntityKind): RestHandler {
  return (request) => {
    const note = request.world.notes.get(idParam(request, "noteId"));
    return note === undefined || note.entity !== kind ? empty() : hal(render(request, note));
  };
}

/** `POST <entity>/notes` and `POST <entity>/:id/notes` */
export function createNotes(kind: EntityKind): RestHandler {
  return (request) => {
    const checks = batchOf(request).map((item, index) => new ItemCheck(item, index));
    const notes = checks.map((check) => readNote(request, kind, check));
    refuseInvalid(checks);
    const made = notes.map((note, index) => {
      request.world.notes.set(note.id, note);
      request.changes.push({ entity: kind, action: "note", id: note.entityId, noteId: note.id });
      const entityType = kind === "companies" ? "company" : kind.slice(0, -1);
      request.world.log(`${note.noteType}_note_added`, { type: entityType, id: note.entityId }, note.createdBy, {
        after: { note: { id: note.id } },
      });
      return {
        id: note.id,
        entity_id: note.entityId,
        request_id: checks[index]?.requestId,
        _links: selfLink(request, notePath(note)),
      };
    });
    return hal({ _links: selfLink(request, `${kind}/notes`), _embedded: { notes: made } });
  };
}

/** `PATCH <entity>/notes/:noteId` and `PATCH <entity>/:id/notes/:noteId` */
export function patchNote(kind: EntityKind): RestHandler {
  return (request) => {
    const note = request.world.notes.get(idParam(request, "noteId"));
    if (note === undefined || note.entity !== kind) throw problem(404, "Note not found");
    if (isRecord(request.body) && isRecord(request.body["params"])) note.params = request.body["params"];
    note.updatedAt = request.world.seconds();
    note.updatedBy = request.caller.userId;
    const { id, entityId, updatedAt } = note;
    return hal({ id, entity_id: entityId, updated_at: updatedAt, _links: selfLink(request, notePath(note)) });
  };
}

function readNote(request: RestRequest, kind: EntityKind, check: ItemCheck): NoteRecord {
  const entityId = request.params["id"] === undefined ? check.requiredInteger("entity_id") : idParam(request);
  if (request.world.entities(kind).get(entityId)?.isDeleted !== false) check.notChoice("entity_id");
  const noteType = check.requiredText("note_type");
  if (noteType !== "" && !NOTE_TYPES.has(noteType)) check.notChoice("note_type");
  const params = check.item["params"];
  if (!isRecord(params)) check.fail("FieldMissing", "params", "This field is missing.");
  const createdBy = check.integer("created_by") ?? request.caller.userId;
  const now = request.world.seconds();
  return {
    id: request.world.nextId(),
    entity: kind,
    entityId,
    noteType,
    params: isRecord(params) ? params : {},
    createdBy,
    updatedBy: createdBy,
    createdAt: check.integer("created_at") ?? now,
    updatedAt: now,
    responsibleUserId: check.integer("responsible_user_id") ?? createdBy,
  };
}

function render(request: RestRequest, note: NoteRecord): unknown {
  return {
    id: note.id,
    entity_id: note.entityId,
    created_by: note.createdBy,
    updated_by: note.updatedBy,
    created_at: note.createdAt,
    updated_at: note.updatedAt,
    responsible_user_id: note.responsibleUserId,
    group_id: 0,
    note_type: note.noteType,
    params: note.params,
    account_id: request.world.account.id,
    _links: selfLink(request, notePath(note)),
  };
}

function notePath(note: NoteRecord): string {
  return `${note.entity}/${note.entityId}/notes/${note.id}`;
}

/** The values of a filter that takes one value or several. */
function valuesOf(request: RestRequest, name: string): ReadonlySet<string> {
  const filter = request.query["filter"];
  const value = typeof filter === "object" && !Array.isArray(filter) ? filter[name] : undefined;
  if (value === undefined) return new Set();
  return new Set((typeof value === "object" ? Object.values(value) : [value]).map(String));
}
