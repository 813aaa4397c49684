/** Which files a configured path stands for now: a glob in any part of it; a folder with a slash behind it means its files. */
import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { globPattern, isGlob } from "@lockstep/config/glob";

/** Names in one folder, and paths of one pattern, beyond which the pattern is a mistake. */
const MAX_PATHS = 50_000;

export type Found = {
  /** Sorted. */
  readonly paths: readonly string[];
  /** Folders these lie in and those whose new entries would be found; for watching. */
  readonly folders: readonly string[];
  /** A folder that could not be listed, or too many paths. */
  readonly problems: readonly string[];
};

type Walk = { readonly folders: Set<string>; readonly problems: string[] };

/** `accepts` picks among the files of a folder named by its slash; a pattern that names files itself takes what it matches. */
export async function findFiles(pattern: string, accepts: (name: string) => boolean): Promise<Found> {
  const walk: Walk = { folders: new Set(), problems: [] };
  const parts = pattern.split("/").filter((part) => part !== "" && part !== ".");
  let places = [pattern.startsWith("/") ? "/" : "."];
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1 && !pattern.endsWith("/");
    places = isGlob(part) ? await matching(places, globPattern(part), !last, walk) : joined(places, part, last, walk);
  }
  if (pattern.endsWith("/")) places = await matching(places, accepts, false, walk);
  if (places.length > MAX_PATHS) {
    walk.problems.push(`${pattern}: found ${places.length} files, expected at most ${MAX_PATHS}; the rest is not read`);
  }
  return { paths: places.slice(0, MAX_PATHS).sort(), folders: [...walk.folders], problems: walk.problems };
}

function joined(places: readonly string[], part: string, last: boolean, walk: Walk): string[] {
  if (last) for (const place of places) walk.folders.add(place);
  return places.map((place) => join(place, part));
}

async function matching(
  places: readonly string[],
  name: RegExp | ((name: string) => boolean),
  folders: boolean,
  walk: Walk,
): Promise<string[]> {
  const matches = name instanceof RegExp ? (text: string) => name.test(text) : name;
  const found: string[] = [];
  for (const place of places) {
    const entries = await list(place, walk);
    for (const entry of entries) {
      // Of a symbolic link only its target tells what it is; whoever opens it finds out.
      const fits = folders ? entry.isDirectory() || entry.isSymbolicLink() : !entry.isDirectory();
      if (fits && matches(entry.name)) found.push(join(place, entry.name));
    }
    if (found.length > MAX_PATHS) break;
  }
  return found;
}

async function list(folder: string, walk: Walk): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    walk.folders.add(folder);
    return entries;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Folders come late, and a link need not lead to one.
    if (code !== "ENOENT" && code !== "ENOTDIR") walk.problems.push(`${folder}: cannot be listed: ${message}`);
    return [];
  }
}
