import { randomBytes } from "node:crypto";
import { startService } from "./start-service.ts";

const { DATABASE_URL: databaseUrl, PORT = "3000", DATA_DIRECTORY = "data/embed-koa" } = process.env;

if (databaseUrl === undefined || process.env["CRMESSENGER_SECRET_KEY"] === undefined) {
  console.error(
    "Set DATABASE_URL to a PostgreSQL server (15 or newer), and CRMESSENGER_SECRET_KEY to a key. Make one with: openssl rand -base64 32",
  );
  process.exit(1);
}

const service = await startService({
  databaseUrl,
  port: Number(PORT),
  filesDirectory: `${DATA_DIRECTORY}/files`,
  allowedHosts: [],
  environment: process.env,
});
const { staff } = service.shop;
if (await staff.isEmpty()) {
  const password = process.env["OWNER_PASSWORD"] ?? randomBytes(9).toString("base64url");
  await staff.add({ email: "olga@shop.example", name: "Olga", role: "owner" }, password);
  console.log(`Sign in as olga@shop.example with the password ${password}`);
}
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    service.stop().then(
      () => console.log("The shop is closed."),
      (error: unknown) => {
        console.error(error);
        process.exitCode = 1;
      },
    );
  });
}
console.log(`The shop is open at ${service.url}`);
