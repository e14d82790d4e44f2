import { hal } from "../http/reply.ts";
import { problem } from "../http/problem.ts";
import type { UserRecord } from "../world/records.ts";
import { pageReply } from "./page.ts";
import { idParam, type RestHandler, type RestRequest, selfLink, withOf } from "./rest-request.ts";

/** `GET account`; most of it only when `with` asks for it. */
export const getAccount: RestHandler = (request) => {
  const { account, owner } = request.world;
  const shown = withOf(request);
  const embedded: Record<string, unknown> = {};
  if (shown.has("amojo_rights")) embedded["amojo_rights"] = { can_direct: true, can_create_groups: true };
  if (shown.has("users_groups")) embedded["users_groups"] = [{ id: 0, name: "Отдел продаж", uuid: null }];
  if (shown.has("task_types")) {
    embedded["task_types"] = [
      { id: 1, name: "Связаться", color: null, icon_id: null, code: "FOLLOW_UP" },
      { id: 2, name: "Встреча", color: null, icon_id: null, code: "MEETING" },
    ];
  }
  if (shown.has("datetime_settings")) {
    embedded["datetime_settings"] = { timezone: "Europe/Moscow", timezone_offset: "+03:00", time_format: "H:i:s" };
  }
  return hal({
    id: account.id,
    name: account.name,
    subdomain: account.subdomain,
    current_user_id: request.caller.userId,
    country: "RU",
    created_at: 0,
    created_by: owner.id,
    customers_mode: "unavailable",
    is_unsorted_on: true,
    is_loss_reason_enabled: true,
    is_helpbot_enabled: false,
    is_technical_account: false,
    contact_name_display_order: 1,
    ...(shown.has("amojo_id") ? { amojo_id: account.amojoId } : {}),
    ...(shown.has("drive_url") ? { drive_url: request.baseUrl() } : {}),
    ...(shown.has("version") ? { version: 16 } : {}),
    ...(shown.has("is_api_filter_enabled") ? { is_api_filter_enabled: true } : {}),
    _links: selfLink(request, "account"),
    _embedded: embedded,
  });
};

/** `GET users`; `with=amojo_id` adds their ids in the chats API. */
export const listUsers: RestHandler = (request) =>
  pageReply(request, [...request.world.users.values()], {
    name: "users",
    render: (user) => renderUser(request, user),
  });

/** `GET users/:id` */
export const getUser: RestHandler = (request) => {
  const user = request.world.users.get(idParam(request));
  if (user === undefined) throw problem(404, "User not found");
  return hal(renderUser(request, user));
};

function renderUser(request: RestRequest, user: UserRecord): unknown {
  const all = { view: "A", edit: "A", add: "A", delete: "A", export: "A" };
  return {
    id: user.id,
    name: user.name,
    email: user.email,
    lang: "ru",
    ...(withOf(request).has("amojo_id") ? { amojo_id: user.amojoId } : {}),
    rights: {
      leads: all,
      contacts: all,
      companies: all,
      tasks: { edit: "A", delete: "A" },
      mail_access: false,
      catalog_access: false,
      status_rights: null,
      is_admin: user.isAdmin,
      is_free: false,
      is_active: true,
      group_id: null,
      role_id: null,
    },
    _links: selfLink(request, `users/${user.id}`),
  };
}
