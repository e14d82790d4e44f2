export { type Application, defineApp } from "./define-app.ts";
