export { HttpServer } from "./http-server.ts";
export { type Route, type RouteRequest, type RouteResponse, json } from "./route.ts";
export { type PluginRoute, RouteTable } from "../boot/kernel-contracts.ts";
