import { DOWNLOAD_PERMISSION, UPLOAD_PERMISSION } from "../files/file-endpoints.ts";
import { EVENTS_PERMISSION } from "../events/event-stream.ts";
import type { Schema } from "./component-schemas.ts";

const problem = { $ref: "#/components/responses/Problem" };
const text = { type: "string" };
const bytes = { "*/*": { schema: {} } };

/** The schemas that the endpoints which are no operations refer to. */
export interface BuiltInSchemas {
  readonly credentials: Schema;
  readonly signIn: Schema;
  readonly storedFile: Schema;
}

/** What the document says of the endpoints that are no operations. */
export function builtInPaths(
  prefix: string,
  { credentials, signIn, storedFile }: BuiltInSchemas,
): Record<string, Record<string, Schema>> {
  const upload = {
    tags: ["files"],
    "x-permission": UPLOAD_PERMISSION,
    parameters: [
      { name: "X-File-Name", in: "header", description: "The file's name, percent-encoded.", schema: text },
      { name: "name", in: "query", description: "The file's name, where no header can be sent.", schema: text },
    ],
    requestBody: { required: true, content: bytes },
    responses: { 201: json("Stored.", storedFile), default: problem },
  };
  return {
    [`${prefix}/sign-in`]: {
      post: {
        operationId: "session.sign-in",
        tags: ["session"],
        summary: "Signs in with a password.",
        security: [],
        requestBody: { required: true, content: { "application/json": { schema: credentials } } },
        responses: { 200: json("Signed in.", signIn), default: problem },
      },
    },
    [`${prefix}/sign-out`]: {
      post: {
        operationId: "session.sign-out",
        tags: ["session"],
        summary: "Ends the session of the token.",
        responses: { 204: { description: "Signed out." }, default: problem },
      },
    },
    [`${prefix}/files`]: {
      post: { ...upload, operationId: "files.upload", summary: "Stores the bytes of the body as a file." },
      put: { ...upload, operationId: "files.put", summary: "The same as POST." },
    },
    [`${prefix}/files/{path}`]: { get: download },
    [`${prefix}/events`]: { get: events },
    [`${prefix}/openapi.json`]: {
      get: {
        operationId: "openapi.get",
        tags: ["meta"],
        summary: "This document.",
        security: [],
        responses: { 200: json("The document.", {}) },
      },
    },
    "/health": { get: health("health.get", "How every plugin is; with reasons for those who are signed in.") },
    "/ready": { get: health("ready.get", "Whether to send requests here.") },
  };
}

const download: Schema = {
  operationId: "files.download",
  tags: ["files"],
  summary: "The bytes of a file, or a range of them.",
  "x-permission": DOWNLOAD_PERMISSION,
  parameters: [
    {
      name: "path",
      in: "path",
      required: true,
      description: "The file's path; its slashes stay as they are.",
      schema: text,
    },
    { name: "Range", in: "header", schema: text },
  ],
  responses: {
    200: { description: "The file.", content: bytes },
    206: { description: "The range.", content: bytes },
    304: { description: "The file has not changed." },
    default: problem,
  },
};

const events: Schema = {
  operationId: "events.stream",
  tags: ["events"],
  summary: "What happens, as server-sent events; the id of an event is its position in the log.",
  "x-permission": EVENTS_PERMISSION,
  parameters: [
    { name: "topics", in: "query", description: "Names of events, joined by commas.", schema: text },
    {
      name: "after",
      in: "query",
      description: "The position to begin after.",
      schema: { type: "integer", minimum: 0 },
    },
    {
      name: "versions",
      in: "query",
      description:
        "Versions of events, joined by commas, such as lead.created@1. Other events come in the version of the API.",
      schema: text,
    },
    { name: "Last-Event-ID", in: "header", description: "The same, as readers send it that come back.", schema: text },
  ],
  responses: {
    200: { description: "The stream.", content: { "text/event-stream": { schema: text } } },
    default: problem,
  },
};

function health(operationId: string, summary: string): Schema {
  const report = json("The report.", { type: "object" });
  return {
    operationId,
    tags: ["meta"],
    summary,
    security: [{}, { token: [] }],
    responses: { 200: report, 503: report },
  };
}

function json(description: string, schema: Schema): Schema {
  return { description, content: { "application/json": { schema } } };
}
