import { channelAccountRecord } from "./channel-account-record.ts";
import { channelIdentityRecord } from "./channel-identity-record.ts";
import { contactRecord } from "./contact-record.ts";
import { conversationRecord } from "./conversation-record.ts";
import { dealRecord } from "./deal-record.ts";
import type { RecordDefinition } from "./define-record.ts";
import { leadRecord } from "./lead-record.ts";
import { messageRecord } from "./message-record.ts";
import { pipelineRecord } from "./pipeline-record.ts";
import { roleRecord } from "./role-record.ts";
import { teamRecord } from "./team-record.ts";
import { userRecord } from "./user-record.ts";

/** Every entity of the domain. */
export const allRecords: readonly RecordDefinition[] = [
  contactRecord,
  channelIdentityRecord,
  leadRecord,
  pipelineRecord,
  dealRecord,
  channelAccountRecord,
  conversationRecord,
  messageRecord,
  userRecord,
  teamRecord,
  roleRecord,
];
