"use client";

/** An error in the page itself; a store that is away is shown by the page. */
export default function ErrorPage({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <main className="page">
      <div className="notice critical" role="alert">
        <h1>This page failed.</h1>
        <p>
          The rest of Lockstep goes on. The log of web has the details
          {error.digest === undefined ? "" : `, under ${error.digest}`}.
        </p>
        <p className="quiet small mono">{error.message}</p>
        <p>
          <button type="button" className="button" onClick={reset}>
            Try again
          </button>
        </p>
      </div>
    </main>
  );
}
