import { expect, test } from "vitest";
import { reportCsv } from "./report-csv.ts";

test("cells are quoted as RFC 4180 says, formulas are text, numbers are numbers", async () => {
  const csv = await reportCsv({
    columns: [
      { role: "dimension", name: "source", label: "Source", kind: "text" },
      { role: "metric", name: "leads", label: "Leads", unit: "count", of: "period" },
      { role: "metric", name: "leads", label: "Leads", unit: "count", of: "previous" },
    ],
    rows: [
      ['=HYPERLINK("http://evil")', -3, "-12.50"],
      ["+1", 0.25, null],
      ["@x, y\nz", 1, "\tcmd"],
      ["-2+3", true, null],
    ],
  });
  expect(csv).toBe(
    [
      "source,leads,leads (previous)",
      `"'=HYPERLINK(""http://evil"")",-3,-12.50`,
      "'+1,0.25,",
      `"'@x, y\nz",1,'\tcmd`,
      "'-2+3,true,",
      "",
    ].join("\r\n"),
  );
});
