import type { EntityRecord, Tag } from "../world/records.ts";
import type { World } from "../world/world.ts";
import { isRecord } from "../http/is-record.ts";

/** Carries out `tags_to_add`, `tags_to_delete` and `_embedded.tags` (which replaces them all). */
export function applyTags(world: World, entity: EntityRecord, item: Readonly<Record<string, unknown>>): void {
  const embedded = isRecord(item["_embedded"]) ? item["_embedded"]["tags"] : undefined;
  if (embedded === null) entity.tags = [];
  else if (Array.isArray(embedded)) entity.tags = readTags(world, embedded);
  const removed = new Set(readTags(world, item["tags_to_delete"]).map((tag) => tag.id));
  if (removed.size > 0) entity.tags = entity.tags.filter((tag) => !removed.has(tag.id));
  for (const tag of readTags(world, item["tags_to_add"])) {
    if (!entity.tags.some((present) => present.id === tag.id)) entity.tags.push(tag);
  }
}

/** Shows tags as REST does. */
export function renderTags(entity: EntityRecord): unknown[] {
  return entity.tags.map((tag) => ({ id: tag.id, name: tag.name, color: null }));
}

function readTags(world: World, given: unknown): Tag[] {
  if (!Array.isArray(given)) return [];
  return (given as unknown[]).flatMap((tag) => {
    if (!isRecord(tag)) return [];
    if (typeof tag["id"] === "number") return world.tagById(tag["id"]) ?? [];
    return typeof tag["name"] === "string" && tag["name"] !== "" ? world.tag(tag["name"]) : [];
  });
}
