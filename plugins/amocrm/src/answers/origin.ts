/** `origin.system` of messages that were written in amoCRM. */
export const ORIGIN_SYSTEM = "amocrm";
