import { problem } from "../http/problem.ts";
import { empty, hal } from "../http/reply.ts";
import type { ContactRecord, EntityRecord } from "../world/records.ts";
import { checkContact, type ContactDraft, createCompany, createContact, updateContact } from "./contact-draft.ts";
import { renderFieldValues } from "./custom-field-values.ts";
import { selectEntities } from "./entity-filter.ts";
import { ItemCheck, refuseInvalid } from "./item-check.ts";
import { pageReply } from "./page.ts";
import { linked } from "./render-lead.ts";
import { batchOf, idParam, objectOf, type RestHandler, type RestRequest, selfLink, withOf } from "./rest-request.ts";
import { renderTags } from "./tags.ts";

type Kind = "contacts" | "companies";

/** Handlers of contacts, or of companies, which differ only in name. */
export interface ContactHandlers {
  /** `GET contacts` */
  readonly list: RestHandler;
  /** `GET contacts/:id`; an unknown one is 204, as documented. */
  readonly get: RestHandler;
  /** `POST contacts` */
  readonly create: RestHandler;
  /** `PATCH contacts` */
  readonly patchAll: RestHandler;
  /** `PATCH contacts/:id` */
  readonly patch: RestHandler;
}

/** Makes the handlers of contacts or of companies. */
export function contactHandlers(kind: Kind): ContactHandlers {
  return {
    list: (request) => {
      const shown = withOf(request);
      return pageReply(request, selectEntities(request, request.world.entities(kind).values()), {
        name: kind,
        render: (entity) => render(request, kind, entity, shown),
      });
    },
    get: (request) => {
      const entity = existing(request, kind, idParam(request));
      return entity === undefined ? empty() : hal(render(request, kind, entity, withOf(request)));
    },
    create: (request) => create(request, kind),
    patchAll: (request) => patchAll(request, kind),
    patch: (request) => {
      const entity = existing(request, kind, idParam(request));
      if (entity === undefined) throw problem(404, "Entity not found");
      const check = new ItemCheck(objectOf(request), 0);
      const draft = checkContact(request.world, kind, check);
      refuseInvalid([check]);
      return hal(patched(request, kind, entity, draft));
    },
  };
}

/** Applies a change to a contact or a company and notes what observers are told. */
export function changeContact(
  request: Pick<RestRequest, "world" | "changes">,
  kind: Kind,
  change: { readonly entity: EntityRecord; readonly draft: ContactDraft; readonly userId: number },
): void {
  const before = change.entity.responsibleUserId;
  updateContact(request.world, change.entity, change.draft, change.userId);
  if (change.entity.responsibleUserId !== before) {
    request.changes.push({ entity: kind, action: "responsible", id: change.entity.id });
  }
  request.changes.push({ entity: kind, action: "update", id: change.entity.id });
}

function create(request: RestRequest, kind: Kind): ReturnType<RestHandler> {
  const { world, caller } = request;
  const read = batchOf(request).map((item, index) => {
    const check = new ItemCheck(item, index);
    return { check, draft: checkContact(world, kind, check) };
  });
  refuseInvalid(read.map(({ check }) => check));
  const made = read.map(({ check, draft }) => {
    const entity = (kind === "contacts" ? createContact : createCompany)(world, draft, caller.userId);
    request.changes.push({ entity: kind, action: "add", id: entity.id });
    return { id: entity.id, request_id: check.requestId, _links: selfLink(request, `${kind}/${entity.id}`) };
  });
  return hal({ _links: selfLink(request, kind), _embedded: { [kind]: made } });
}

function patchAll(request: RestRequest, kind: Kind): ReturnType<RestHandler> {
  const read = batchOf(request).map((item, index) => {
    const check = new ItemCheck(item, index);
    const entity = existing(request, kind, check.requiredInteger("id"));
    if (entity === undefined) check.notChoice("id");
    return { check, entity, draft: checkContact(request.world, kind, check) };
  });
  refuseInvalid(read.map(({ check }) => check));
  const done = read.flatMap(({ entity, draft }) =>
    entity === undefined ? [] : [patched(request, kind, entity, draft)],
  );
  return hal({ _links: selfLink(request, kind), _embedded: { [kind]: done } });
}

function patched(request: RestRequest, kind: Kind, entity: EntityRecord, draft: ContactDraft): unknown {
  changeContact(request, kind, { entity, draft, userId: request.caller.userId });
  const { id, name, updatedAt } = entity;
  return { id, name, updated_at: updatedAt, _links: selfLink(request, `${kind}/${id}`) };
}

function existing(request: RestRequest, kind: Kind, id: number): EntityRecord | undefined {
  const entity = request.world.entities(kind).get(id);
  return entity === undefined || entity.isDeleted ? undefined : entity;
}

function render(request: RestRequest, kind: Kind, entity: EntityRecord, shown: ReadonlySet<string>): unknown {
  const contact = kind === "contacts" ? (entity as ContactRecord) : undefined;
  const embedded: Record<string, unknown> = { tags: renderTags(entity) };
  if (contact !== undefined) {
    embedded["companies"] = contact.companyId === undefined ? [] : [linked(request, "companies", contact.companyId)];
    if (shown.has("leads")) {
      const leads = request.world.leadsOf(contact.id).filter((lead) => !lead.isDeleted);
      embedded["leads"] = leads.map((lead) => linked(request, "leads", lead.id));
    }
  }
  if (shown.has("customers")) embedded["customers"] = [];
  if (shown.has("catalog_elements")) embedded["catalog_elements"] = [];
  return {
    id: entity.id,
    name: entity.name,
    ...(contact === undefined ? {} : { first_name: contact.firstName, last_name: contact.lastName }),
    responsible_user_id: entity.responsibleUserId,
    group_id: 0,
    created_by: entity.createdBy,
    updated_by: entity.updatedBy,
    created_at: entity.createdAt,
    updated_at: entity.updatedAt,
    closest_task_at: null,
    is_deleted: entity.isDeleted,
    ...(contact === undefined ? {} : { is_unsorted: entity.unsortedUid !== undefined }),
    custom_fields_values: renderFieldValues(request.world, entity),
    account_id: request.world.account.id,
    _links: selfLink(request, `${kind}/${entity.id}`),
    _embedded: embedded,
  };
}
