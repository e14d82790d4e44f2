import pg from "pg";

/** Creates a database, as a copy of another one where one is named, and answers its URL. */
export async function createDatabaseFrom(serverUrl: string, name: string, template?: string): Promise<string> {
  await withAdministrator(serverUrl, (client) =>
    client.query(
      `create database ${pg.escapeIdentifier(name)}${template === undefined ? "" : ` template ${pg.escapeIdentifier(template)}`}`,
    ),
  );
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

export async function dropDatabase(serverUrl: string, name: string): Promise<void> {
  await withAdministrator(serverUrl, (client) =>
    client.query(`drop database ${pg.escapeIdentifier(name)} with (force)`),
  );
}

async function withAdministrator(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
