import { startService } from "./start-service.ts";

const { PORT = "3000", DATA_DIRECTORY = "data/embed-express" } = process.env;

const service = await startService({ dataDirectory: DATA_DIRECTORY, port: Number(PORT), api: true });
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    service.stop().then(
      () => console.log("The workshop is closed."),
      (error: unknown) => {
        console.error(error);
        process.exitCode = 1;
      },
    );
  });
}
console.log(`The workshop is open at ${service.url}`);
console.log(`The boss's token is ${service.workshop.database.hire("Boss", "boss")}`);
