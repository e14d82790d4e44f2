import { CrmError } from "@crmessenger/kernel";
import { RenderNamedReport, type ReportResult, RunNamedReport, RunReport } from "@crmessenger/kernel/analytics";
import { type Route, type RouteRequest, type RouteResponse, json } from "@crmessenger/kernel/http";
import type { Json, MessageBus } from "@crmessenger/kernel/infrastructure";
import { CSV, SVG } from "../report/render-report.ts";
import { reportCsv } from "../report/report-csv.ts";
import { preferredType } from "./preferred-type.ts";

const JSON_TYPE = "application/json";

/**
 * Reports as documents: JSON, comma-separated values or a drawing, as `Accept` says. The same reports are operations of
 * the API, in JSON alone.
 */
export function reportRoutes(bus: Pick<MessageBus, "execute">): readonly Route[] {
  return [
    {
      method: "POST",
      path: "/analytics/report",
      authentication: "required",
      async handle(request) {
        const type = preferredType(request.headers["accept"], [JSON_TYPE, CSV]);
        const result = await bus.execute(RunReport, readJson(request));
        if (type === JSON_TYPE) return json(200, result);
        return document(CSV, await reportCsv(result as unknown as ReportResult));
      },
    },
    {
      method: "GET",
      path: "/analytics/reports/:name",
      authentication: "required",
      async handle({ headers, query, params }) {
        const type = preferredType(headers["accept"], [JSON_TYPE, CSV, SVG]);
        const input = { ...Object.fromEntries(query), name: params["name"] ?? "" };
        if (type === JSON_TYPE) return json(200, await bus.execute(RunNamedReport, input));
        const rendered = await bus.execute(RenderNamedReport, { ...input, format: type === SVG ? "svg" : "csv" });
        const { contentType, body } = rendered as { readonly contentType: string; readonly body: string };
        return document(contentType, body);
      },
    },
  ];
}

function document(contentType: string, body: string): RouteResponse {
  return {
    status: 200,
    headers: { "content-type": `${contentType}; charset=utf-8`, "x-content-type-options": "nosniff", vary: "accept" },
    body,
  };
}

function readJson({ body }: RouteRequest): Json {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) as Json;
  } catch {
    throw new CrmError("CRM_REPORT_BODY", "The body is no JSON. Send a report query as JSON.", { status: 400 });
  }
}
