import { Suspense } from "react";
import { RangeLink } from "../components/range-link.tsx";

export default function NotFound() {
  return (
    <main className="page">
      <div className="notice">
        <h1>There is no such page.</h1>
        <p>
          A GPU or node is known for 24 hours after its last sample. It may also be that it was written differently, or
          that the time range ends before it was first seen.
        </p>
        <Suspense>
          <p>
            <RangeLink href="/">All GPUs</RangeLink>
          </p>
        </Suspense>
      </div>
    </main>
  );
}
