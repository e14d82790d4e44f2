export { http } from "./plugin.ts";
export { HttpHandler, type RequestHandler, requestHandler } from "./server/http-handler.ts";
