/** Below it are the operations and everything else that belongs to this version of the API. */
export const API_PREFIX = "/api/v1";
