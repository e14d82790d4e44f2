/**
 * What a careful programmer would write for this one job: a single statement, and so a single transaction and round
 * trip, that finds or creates contact, lead and conversation, and stores message, activity, audit entry and events.
 * $1 account, $2 external id, $3 chat, $4 sender, $5 name, $6 parts, $7 sent at, $8… ids.
 */
export const BASELINE_SQL = `
with known as (
  select m.id, m.conversation_id from messages m where m.channel_account_id = $1 and m.external_id = $2
), chat as (
  select c.id, c.contact_id, c.lead_id from conversations c where c.channel_account_id = $1 and c.external_id = $3 and c.deleted_at is null
), identity as (
  select i.contact_id from channel_identities i where i.tenant_id = 'default' and i.kind = 'http' and i.value = $4 and i.deleted_at is null
), new_contact as (
  insert into contacts (id, tenant_id, version, created_at, updated_at, name, owner_id, attributes)
  select $8, 'default', 1, now(), now(), $5, null, '{}'
  where not exists (select from known) and not exists (select from chat) and not exists (select from identity)
  returning id
), person as (
  select coalesce((select contact_id from chat), (select contact_id from identity), (select id from new_contact)) as id
), new_identity as (
  insert into channel_identities (id, tenant_id, version, created_at, updated_at, contact_id, kind, value, verified)
  select $9, 'default', 1, now(), now(), id, 'http', $4, true from new_contact
), new_lead as (
  insert into leads (id, tenant_id, version, created_at, updated_at, title, contact_id, status, status_since, source, owner_id, team_id, attributes)
  select $10, 'default', 1, now(), now(), $5, person.id, 'new', now(), jsonb_build_object('channel', 'http', 'channelAccountId', $1::text), null, null, '{}'
  from person where not exists (select from known) and (select lead_id from chat) is null
  returning id
), conversation as (
  insert into conversations (id, tenant_id, version, created_at, updated_at, channel_account_id, channel_type, external_id, contact_id, lead_id, owner_id, team_id, message_count, last_message_at, last_inbound_at)
  select $11, 'default', 1, now(), now(), $1, 'http', $3, person.id, coalesce((select lead_id from chat), (select id from new_lead)), null, null, 1, now(), now()
  from person where not exists (select from known)
  on conflict (channel_account_id, external_id) where deleted_at is null
  do update set version = conversations.version + 1, updated_at = now(), message_count = conversations.message_count + 1, last_message_at = now(), last_inbound_at = now()
  returning id, contact_id, lead_id, message_count, version
), message as (
  insert into messages (id, tenant_id, version, created_at, updated_at, conversation_id, channel_account_id, direction, ordinal, author, parts, external_id, status, status_at, sanitised, sent_at)
  select $12, 'default', 1, now(), now(), c.id, $1, 'inbound', c.message_count, jsonb_build_object('kind', 'contact', 'id', c.contact_id, 'name', $5::text), $6, $2, 'delivered', now(), false, $7
  from conversation c
  returning id, conversation_id, ordinal, author, parts, sent_at
), activity as (
  insert into activities (contact_id, id, tenant_id, lead_id, kind, actor_kind, actor_id, at, data)
  select c.contact_id, $13, 'default', c.lead_id, 'message', 'plugin', 'http-channel', now(), jsonb_build_object('messageId', $12::text, 'direction', 'inbound', 'preview', left(m.parts -> 0 ->> 'text', 120))
  from conversation c, message m
), audit as (
  insert into audit_entries (target_id, id, tenant_id, target_type, action, actor_kind, actor_id, correlation_id, at)
  select $12, $14, 'default', 'message', 'communication.message.receive', 'plugin', 'http-channel', $12, now() from message
), event as (
  insert into events (uuid, tenant_id, topic, version, aggregate_type, aggregate_id, aggregate_version, payload, actor_kind, actor_id, correlation_id, causation_id, occurred_at)
  select $15, 'default', 'message.received', 1, 'conversation', c.id::text, c.version,
    jsonb_build_object('contactId', c.contact_id, 'leadId', c.lead_id, 'channelType', 'http', 'message', to_jsonb(m)), 'plugin', 'http-channel', $12, null, now()
  from conversation c, message m
  union all
  select gen_random_uuid(), 'default', 'contact.created', 1, 'contact', id::text, 1, jsonb_build_object('contact', jsonb_build_object('id', id, 'name', $5::text)), 'plugin', 'http-channel', $12, null, now() from new_contact
  union all
  select gen_random_uuid(), 'default', 'lead.created', 1, 'lead', id::text, 1, jsonb_build_object('lead', jsonb_build_object('id', id, 'title', $5::text)), 'plugin', 'http-channel', $12, null, now() from new_lead
  union all
  select gen_random_uuid(), 'default', 'conversation.opened', 1, 'conversation', id::text, 1, jsonb_build_object('conversation', jsonb_build_object('id', id, 'externalId', $3::text)), 'plugin', 'http-channel', $12, null, now() from conversation where version = 1
)
select coalesce((select id from message), (select id from known)) as message_id, coalesce((select conversation_id from message), (select conversation_id from known)) as conversation_id,
  exists (select from known) as duplicate`;
