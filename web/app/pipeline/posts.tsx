import { Shape } from "../../components/state-mark.tsx";
import { significant } from "../../format/number.ts";
import { formatUnit, UNKNOWN } from "../../format/unit.ts";
import type { TablePosts } from "../../pipeline/posts.ts";

/** What ingest posts, table by table. */
export function Posts({ posts, during }: { posts: readonly TablePosts[]; during: string }) {
  const dead = posts.some((table) => table.deadLetters !== null && table.deadLetters > 0);
  return (
    <section className="section" aria-label="Posts into ClickHouse">
      <h2>Posts into ClickHouse</h2>
      {posts.length === 0 ? (
        <p className="quiet">No ingest has told of a post in the last 5 minutes.</p>
      ) : (
        <div className="table-frame">
          <table>
            <thead>
              <tr>
                <th>Table</th>
                <th className="figure">Rows</th>
                <th className="figure">Bytes a row</th>
                <th className="figure">Rows a post</th>
                <th className="figure">A post takes</th>
                <th className="figure">p99</th>
                <th className="figure" title={during}>
                  Retries
                </th>
                <th className="figure" title={`ranges that an ingest before had announced, ${during}`}>
                  Replays
                </th>
                <th className="figure" title={`blocks that their producer sent twice, ${during}`}>
                  Skipped blocks
                </th>
                <th className="figure" title={during}>
                  Dead letters
                </th>
              </tr>
            </thead>
            <tbody>
              {posts.map((table) => (
                <Row key={table.table} posts={table} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {posts.length === 0 ? null : (
        <p className="quiet small">
          Rates and times are of the last 5 minutes; what follows them was counted {during}.
          {dead ? (
            <>
              {" "}
              <code>lockstep deadletter list</code> names the dead letters and why they could not be stored;{" "}
              <code>lockstep deadletter replay</code> sends them again.
            </>
          ) : null}
        </p>
      )}
    </section>
  );
}

function Row({ posts }: { posts: TablePosts }) {
  return (
    <tr>
      <td className="mono">{posts.table}</td>
      <td className="figure">{formatUnit(posts.rowsPerSecond, "perSecond")}</td>
      <td className="figure">{posts.bytesPerRow === null ? UNKNOWN : `${significant(posts.bytesPerRow, 3)} B`}</td>
      <td className="figure">
        {posts.rowsPerPost === null ? UNKNOWN : formatUnit(Math.round(posts.rowsPerPost), "count")}
      </td>
      <td className="figure">{formatUnit(posts.delay?.p50, "seconds")}</td>
      <td className="figure">{formatUnit(posts.delay?.p99, "seconds")}</td>
      <td className="figure">{counted(posts.retries)}</td>
      <td className="figure">{counted(posts.replays)}</td>
      <td className="figure">{counted(posts.skippedBlocks)}</td>
      <td className="figure">
        {posts.deadLetters !== null && posts.deadLetters > 0 ? (
          <span className="state critical">
            <Shape state="down" />
            {counted(posts.deadLetters)}
          </span>
        ) : (
          counted(posts.deadLetters)
        )}
      </td>
    </tr>
  );
}

function counted(value: number | null): string {
  return value === null ? UNKNOWN : formatUnit(Math.round(value), "count");
}
