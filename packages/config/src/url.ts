/** The URL of a target as Go's net/url writes it, so that it reads the same as on Prometheus' pages. */

const encoder = new TextEncoder();

function percent(text: string): string {
  let result = "";
  for (const byte of encoder.encode(text)) {
    result += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return result;
}

function escapePath(path: string): string {
  return path.replace(/[^A-Za-z0-9\-_.~$&+,/:;=@]+/g, percent);
}

function escapeQuery(text: string): string {
  return text.replace(/[^A-Za-z0-9\-_.~ ]+/g, percent).replaceAll(" ", "+");
}

/** `params` come out sorted by name, the values of a name in their order. `path` is taken whole: a `?` in it is escaped. */
export function scrapeUrl(
  scheme: string,
  address: string,
  path: string,
  params: ReadonlyMap<string, readonly string[]>,
): string {
  const query = [...params]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, values]) => values.map((value) => `${escapeQuery(name)}=${escapeQuery(value)}`))
    .join("&");
  const slash = path === "" || path.startsWith("/") ? "" : "/";
  return `${scheme}://${address}${slash}${escapePath(path)}${query === "" ? "" : `?${query}`}`;
}
