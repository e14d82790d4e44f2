import type { SchemaStep } from "../background/migration.ts";

/** What every record's table begins with. Text is compared by code point everywhere, hence the collation. */
export const RECORD = `
  id uuid primary key,
  tenant_id text collate "C" not null,
  version integer not null check (version > 0),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3)`;

/**
 * The tables of the domain. Owners are ids of users that other systems may have made up, so they refer to nothing;
 * what belongs together otherwise is held together by foreign keys.
 */
export const domainSchema: readonly SchemaStep[] = [
  {
    name: "domain-1",
    statements: [
      `create table contacts (${RECORD},
      name text collate "C" not null,
      owner_id text collate "C",
      attributes jsonb not null default '{}' check (jsonb_typeof(attributes) = 'object')
    )`,
      `create index contacts_list on contacts (tenant_id, id)`,
      `create index contacts_owner on contacts (tenant_id, owner_id, id) where owner_id is not null`,

      `create table channel_identities (${RECORD},
      contact_id uuid not null references contacts (id),
      kind text collate "C" not null,
      value text collate "C" not null,
      aliases text[] not null default '{}',
      verified boolean not null
    )`,
      `create unique index channel_identities_value on channel_identities (tenant_id, kind, value) where deleted_at is null`,
      `create index channel_identities_aliases on channel_identities using gin (aliases) where aliases <> '{}' and deleted_at is null`,
      `create index channel_identities_contact on channel_identities (contact_id)`,

      `create table leads (${RECORD},
      title text collate "C" not null,
      contact_id uuid not null references contacts (id),
      status text collate "C" not null,
      status_changed_at timestamptz(3) not null,
      source jsonb not null check (source ? 'channel'),
      owner_id text collate "C",
      team_id text collate "C",
      attributes jsonb not null default '{}' check (jsonb_typeof(attributes) = 'object')
    )`,
      `create index leads_list on leads (tenant_id, id)`,
      `create index leads_contact on leads (contact_id, id)`,
      `create index leads_owner on leads (tenant_id, owner_id, id) where owner_id is not null`,
      `create index leads_status on leads (tenant_id, status, id)`,

      `create table channel_accounts (${RECORD},
      type text collate "C" not null,
      name text collate "C" not null,
      enabled boolean not null,
      settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object'),
      external_id text collate "C",
      state jsonb not null check (state ? 'status')
    )`,
      `create index channel_accounts_list on channel_accounts (tenant_id, id)`,

      // Room on each page, so that counting a message in does not touch the indexes.
      `create table conversations (${RECORD},
      channel_account_id uuid not null references channel_accounts (id),
      channel_type text collate "C" not null,
      external_id text collate "C" not null,
      contact_id uuid not null references contacts (id),
      lead_id uuid references leads (id),
      owner_id text collate "C",
      team_id text collate "C",
      message_count integer not null check (message_count >= 0),
      last_message_at timestamptz(3) not null,
      last_inbound_at timestamptz(3)
    ) with (fillfactor = 80)`,
      `create unique index conversations_external on conversations (channel_account_id, external_id) where deleted_at is null`,
      `create index conversations_list on conversations (tenant_id, id)`,
      `create index conversations_contact on conversations (contact_id)`,
      `create index conversations_lead on conversations (lead_id) where lead_id is not null`,

      // The account is the conversation's; it is here because external ids are unique per account.
      `create table messages (${RECORD},
      conversation_id uuid not null references conversations (id),
      channel_account_id uuid not null,
      direction text collate "C" not null check (direction in ('inbound', 'outbound')),
      ordinal integer not null check (ordinal > 0),
      author jsonb not null,
      parts jsonb not null check (jsonb_typeof(parts) = 'array'),
      reply_to_id uuid references messages (id),
      forwarded_from text collate "C",
      external_id text collate "C",
      origin jsonb,
      status text collate "C" not null check (status in ('queued', 'sent', 'delivered', 'read', 'failed')),
      status_at timestamptz(3) not null,
      failure text collate "C",
      sanitised boolean not null,
      sent_at timestamptz(3) not null
    )`,
      `create unique index messages_ordinal on messages (conversation_id, ordinal)`,
      `create unique index messages_external on messages (channel_account_id, external_id) where external_id is not null`,
      `create index messages_origin on messages ((origin ->> 'system'), (origin ->> 'id')) where origin is not null`,
      `create index messages_unsent on messages (conversation_id, ordinal) where direction = 'outbound' and status = 'queued'`,

      `create table users (${RECORD},
      email text collate "C" not null,
      name text collate "C" not null,
      role_ids text[] not null default '{}',
      team_ids text[] not null default '{}',
      time_zone text collate "C" not null,
      locale text collate "C" not null,
      active boolean not null
    )`,
      `create unique index users_email on users (tenant_id, email) where deleted_at is null`,

      `create table teams (${RECORD},
      name text collate "C" not null,
      parent_id uuid references teams (id)
    )`,
      `create index teams_list on teams (tenant_id, id)`,

      `create table roles (${RECORD},
      name text collate "C" not null,
      grants jsonb not null check (jsonb_typeof(grants) = 'array')
    )`,
      `create unique index roles_name on roles (tenant_id, name) where deleted_at is null`,
    ],
  },
];
