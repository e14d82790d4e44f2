import { serveInbound } from "./serve-inbound.ts";

// Argument: the database.
await serveInbound(process.argv[2] ?? "");
