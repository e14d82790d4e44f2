export { http } from "./plugin.ts";
export { HttpHandler, type RequestHandler, type RequestHandlerOptions, requestHandler } from "./server/http-handler.ts";
