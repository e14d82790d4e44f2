import { type Finding, problem, well } from "./finding.ts";

const LEAST = [22, 18] as const;

/** Whether this Node.js runs CRMessenger, and TypeScript without a build. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isRecent = major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1]);
  if (isRecent) return well("Node.js", `${version} is recent enough.`);
  return problem("Node.js", `This is ${version}: install ${LEAST.join(".")} or newer.`);
}
