export { amocrm } from "./plugin.ts";
export { AmoCrmStatus, ConnectAmoCrm } from "./operations.ts";
