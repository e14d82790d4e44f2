/** A line with lines below it. */
export interface Tree {
  readonly text: string;
  readonly children?: readonly Tree[];
}

/** Draws a tree as lines. */
export function drawTree({ text, children = [] }: Tree): string {
  return [text, ...children.flatMap((child, index) => branch(child, index === children.length - 1))].join("\n");
}

function branch(child: Tree, isLast: boolean): readonly string[] {
  const [first = "", ...rest] = drawTree(child).split("\n");
  return [`${isLast ? "└─ " : "├─ "}${first}`, ...rest.map((line) => `${isLast ? "   " : "│  "}${line}`)];
}
