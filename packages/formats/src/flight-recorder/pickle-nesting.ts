import { PickleError } from "./pickle-error.ts";
import type { PickleValue } from "./pickle-value.ts";

type Container = Exclude<PickleValue, null | boolean | number | bigint | string | Uint8Array>;
type Visit = { readonly container: Container; readonly children: readonly PickleValue[]; next: number; depth: number };

/**
 * Refuses a value that holds itself or is nested deeper than `maxDepth`: whoever walks it afterwards may then do so by plain
 * recursion. Visits each container once, however often the memo repeats it.
 */
export function checkNesting(value: PickleValue, maxDepth: number): void {
  if (!isContainer(value)) return;
  const depths = new Map<Container, number>();
  const open = new Set<Container>([value]);
  const path: Visit[] = [visit(value)];
  while (path.length > 0) {
    const here = path.at(-1)!;
    const child = here.children[here.next++];
    if (child === undefined) {
      path.pop();
      open.delete(here.container);
      depths.set(here.container, here.depth);
      const parent = path.at(-1);
      if (parent !== undefined) parent.depth = Math.max(parent.depth, here.depth + 1);
    } else if (isContainer(child)) {
      if (open.has(child)) throw new PickleError(0, "found a container that holds itself, expected plain data");
      const known = depths.get(child);
      if (known !== undefined) here.depth = Math.max(here.depth, known + 1);
      else {
        open.add(child);
        path.push(visit(child));
      }
    }
    if (here.depth > maxDepth || path.length > maxDepth)
      throw new PickleError(0, `found containers nested deeper than ${maxDepth}, which is the limit`);
  }
}

function visit(container: Container): Visit {
  return { container, children: Array.isArray(container) ? container : Object.values(container), next: 0, depth: 1 };
}

function isContainer(value: PickleValue): value is Container {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array);
}
