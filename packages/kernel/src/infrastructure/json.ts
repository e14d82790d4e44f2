/** Data that survives JSON unchanged. What crosses a contract, a log or the network is of this kind. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export type JsonObject = { readonly [key: string]: Json };

/** An RFC 3339 time in UTC with milliseconds, as `Date.prototype.toISOString` writes it. */
export type Timestamp = string;
