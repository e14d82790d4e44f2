import { describeCrmProvider } from "../../src/index.ts";
import { memoryCrmUnderTest } from "./memory-crm.ts";

describeCrmProvider({ name: "a CRM in memory", create: () => memoryCrmUnderTest() });
