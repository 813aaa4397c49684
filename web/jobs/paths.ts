/** Where the pages of a job are. */
export function jobPath(job: string, page: "" | "hang" = ""): string {
  return `/jobs/${encodeURIComponent(job)}${page === "" ? "" : `/${page}`}`;
}
