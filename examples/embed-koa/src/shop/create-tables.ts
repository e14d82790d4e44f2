import type { Pool } from "pg";

/** The shop's own tables, in a schema of their own. */
export async function createTables(pool: Pool): Promise<void> {
  await pool.query(`
    create schema if not exists shop;
    create table if not exists shop.staff (
      id uuid primary key,
      email text not null unique,
      name text not null,
      role text not null check (role in ('owner', 'sales', 'barista')),
      salt bytea not null,
      password bytea not null
    );
    create table if not exists shop.sessions (
      token_hash bytea primary key,
      staff_id uuid not null references shop.staff,
      created_at timestamptz not null default now()
    );
    create table if not exists shop.orders (
      id uuid primary key,
      item text not null,
      total numeric(12, 2) not null check (total > 0),
      status text not null default 'open',
      -- of CRMessenger. Its tables are its own affair, so there is no foreign key.
      lead_id text not null,
      placed_by uuid not null references shop.staff,
      placed_at timestamptz not null default now()
    );
  `);
}
