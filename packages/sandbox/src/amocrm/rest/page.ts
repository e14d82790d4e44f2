import { stringify } from "qs";
import { problem } from "../http/problem.ts";
import { empty, hal, type Reply } from "../http/reply.ts";
import type { RestRequest } from "./rest-request.ts";

/** Which rows a list asks for. */
export interface PageWindow {
  readonly page: number;
  readonly limit: number;
}

/** Reads `page` and `limit`. */
export function pageWindow(request: RestRequest, largest = 250): PageWindow {
  const page = positive(request, "page", 1);
  const limit = positive(request, "limit", Math.min(50, largest));
  if (limit > largest) throw problem(400, `The limit may not be larger than ${largest}`);
  return { page, limit };
}

/** A page of a list; an empty one is 204, and the last one has no next. */
export function pageReply<Row>(
  request: RestRequest,
  rows: readonly Row[],
  shape: { readonly name: string; readonly render: (row: Row) => unknown; readonly largest?: number },
): Reply {
  const { page, limit } = pageWindow(request, shape.largest);
  const start = (page - 1) * limit;
  const shown = rows.slice(start, start + limit);
  if (shown.length === 0) return empty();
  const links: Record<string, { href: string }> = { self: { href: pageUrl(request, page, limit) } };
  if (rows.length > start + limit) links["next"] = { href: pageUrl(request, page + 1, limit) };
  if (page > 1) {
    links["first"] = { href: pageUrl(request, 1, limit) };
    links["prev"] = { href: pageUrl(request, page - 1, limit) };
  }
  return hal({ _page: page, _links: links, _embedded: { [shape.name]: shown.map(shape.render) } });
}

/** A list without pages; an empty one is 204. */
export function listReply<Row>(
  request: RestRequest,
  rows: readonly Row[],
  shape: { readonly name: string; readonly render: (row: Row) => unknown },
): Reply {
  if (rows.length === 0) return empty();
  return hal({
    _total_items: rows.length,
    _links: { self: { href: `${request.baseUrl()}/api/v4/${request.path}` } },
    _embedded: { [shape.name]: rows.map(shape.render) },
  });
}

function positive(request: RestRequest, name: string, fallback: number): number {
  const value = request.query[name];
  if (value === undefined) return fallback;
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1) throw problem(400, `Parameter ${name} must be a positive number`);
  return number;
}

function pageUrl(request: RestRequest, page: number, limit: number): string {
  const query = stringify({ ...request.query, page, limit }, { encode: false });
  return `${request.baseUrl()}/api/v4/${request.path}?${query}`;
}
