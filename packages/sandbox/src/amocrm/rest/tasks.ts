import { problem } from "../http/problem.ts";
import { empty, hal } from "../http/reply.ts";
import type { EntityKind, TaskRecord } from "../world/records.ts";
import { ItemCheck, refuseInvalid } from "./item-check.ts";
import { pageReply } from "./page.ts";
import { isRecord } from "../http/is-record.ts";
import { batchOf, idParam, objectOf, type RestHandler, type RestRequest, selfLink } from "./rest-request.ts";

/** `GET tasks`, with `filter[is_completed]`, `filter[entity_id]` and `filter[entity_type]`. */
export const listTasks: RestHandler = (request) => {
  const filter = request.query["filter"];
  const wanted = typeof filter === "object" && !Array.isArray(filter) ? filter : {};
  const has = (name: string, actual: string): boolean => {
    const value = wanted[name];
    if (value === undefined) return true;
    return (typeof value === "object" ? Object.values(value) : [value]).includes(actual);
  };
  const tasks = [...request.world.tasks.values()].filter(
    (task) =>
      has("is_completed", task.isCompleted ? "1" : "0") &&
      has("entity_id", String(task.entityId)) &&
      has("entity_type", String(task.entityType)),
  );
  return pageReply(request, tasks, { name: "tasks", render: (task) => render(request, task) });
};

/** `GET tasks/:id` */
export const getTask: RestHandler = (request) => {
  const task = request.world.tasks.get(idParam(request));
  return task === undefined ? empty() : hal(render(request, task));
};

/** `POST tasks` */
export const createTasks: RestHandler = (request) => {
  const checks = batchOf(request).map((item, index) => new ItemCheck(item, index));
  const tasks = checks.map((check) => readTask(request, check));
  refuseInvalid(checks);
  const made = tasks.map((task, index) => {
    request.world.tasks.set(task.id, task);
    request.changes.push({ entity: "task", action: "add", id: task.id });
    request.world.log("task_added", { type: "task", id: task.id }, task.createdBy);
    return { id: task.id, request_id: checks[index]?.requestId, _links: selfLink(request, `tasks/${task.id}`) };
  });
  return hal({ _links: selfLink(request, "tasks"), _embedded: { tasks: made } });
};

/** `PATCH tasks/:id`; `is_completed` completes it. */
export const patchTask: RestHandler = (request) => {
  const task = request.world.tasks.get(idParam(request));
  if (task === undefined) throw problem(404, "Task not found");
  const check = new ItemCheck(objectOf(request), 0);
  const changed = {
    text: check.text("text") ?? task.text,
    completeTill: check.integer("complete_till") ?? task.completeTill,
    taskTypeId: check.integer("task_type_id") ?? task.taskTypeId,
    isCompleted: check.flag("is_completed") ?? task.isCompleted,
    responsibleUserId: check.integer("responsible_user_id") ?? task.responsibleUserId,
  };
  refuseInvalid([check]);
  const result = check.item["result"];
  if (isRecord(result) && typeof result["text"] === "string") task.resultText = result["text"];
  Object.assign(task, changed, { updatedAt: request.world.seconds(), updatedBy: request.caller.userId });
  request.changes.push({ entity: "task", action: "update", id: task.id });
  return hal({
    id: task.id,
    updated_at: task.updatedAt,
    request_id: check.requestId,
    _links: selfLink(request, `tasks/${task.id}`),
  });
};

function readTask(request: RestRequest, check: ItemCheck): TaskRecord {
  const { world, caller } = request;
  const entityType = check.text("entity_type") as EntityKind | undefined;
  const entityId = check.integer("entity_id");
  if (entityType !== undefined && !["leads", "contacts", "companies"].includes(entityType)) {
    check.notChoice("entity_type");
  } else if (entityId !== undefined && !world.entities(entityType ?? "leads").has(entityId)) {
    check.notChoice("entity_id");
  }
  const now = world.seconds();
  const createdBy = check.integer("created_by") ?? caller.userId;
  return {
    id: world.nextId(),
    taskTypeId: check.integer("task_type_id") ?? 1,
    text: check.requiredText("text"),
    completeTill: check.requiredInteger("complete_till"),
    entityId,
    entityType: entityId === undefined ? undefined : (entityType ?? "leads"),
    isCompleted: false,
    resultText: undefined,
    responsibleUserId: check.integer("responsible_user_id") ?? createdBy,
    createdBy,
    updatedBy: createdBy,
    createdAt: now,
    updatedAt: now,
  };
}

function render(request: RestRequest, task: TaskRecord): unknown {
  return {
    id: task.id,
    created_by: task.createdBy,
    updated_by: task.updatedBy,
    created_at: task.createdAt,
    updated_at: task.updatedAt,
    responsible_user_id: task.responsibleUserId,
    group_id: 0,
    entity_id: task.entityId ?? null,
    entity_type: task.entityType ?? null,
    duration: 0,
    is_completed: task.isCompleted,
    task_type_id: task.taskTypeId,
    text: task.text,
    result: task.resultText === undefined ? [] : { text: task.resultText },
    complete_till: task.completeTill,
    account_id: request.world.account.id,
    _links: selfLink(request, `tasks/${task.id}`),
  };
}
