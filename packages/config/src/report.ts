import { problemOf, type YamlFile } from "./yaml-file.ts";

type Detail = { readonly found?: string; readonly expected?: string };

/** Where the readers of a file's sections say what is wrong. */
export type Report = {
  error(path: string, message: string, detail?: Detail): void;
  warn(path: string, message: string): void;
  /** Whether the value at `path` was refused already, so that its stand-in deserves no complaint. */
  failed(path: string): boolean;
};

export function reportFor(yaml: YamlFile): Report {
  return {
    error: (path, message, detail) => yaml.errors.push(problemOf(yaml, path, message, detail)),
    warn: (path, message) => yaml.warnings.push(problemOf(yaml, path, message)),
    failed: (path) => yaml.errors.some((error) => error.path === path),
  };
}

/** A list's items with their place in the file, without those that were reported and left out. */
export function present<T>(list: readonly T[] | undefined): [index: number, item: T][] {
  return [...(list ?? []).entries()].filter(([, item]) => item !== undefined);
}
