import { analytics } from "@crmessenger/analytics";
import { serveInbound } from "../inbound/serve-inbound.ts";
import { SUMMARY, brandField } from "./brand-field.ts";

// The application of the inbound bench with reports. Argument: the database.
await serveInbound(process.argv[2] ?? "", [brandField(), analytics({ summaries: [SUMMARY] })]);
