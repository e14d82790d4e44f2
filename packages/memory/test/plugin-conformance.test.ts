import { describePlugin } from "@crmessenger/testing";
import { memory } from "../src/plugin.ts";

describePlugin({ plugin: () => memory() });
