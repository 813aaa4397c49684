"use client";
import { useState } from "react";

const LINES = [
  "export NCCL_PROFILER_PLUGIN=libnccl-profiler-inspector.so",
  "export NCCL_INSPECTOR_ENABLE=1",
  "export NCCL_INSPECTOR_DUMP_VERBOSE=1",
  "export NCCL_INSPECTOR_DUMP_THREAD_ENABLE=1",
  "export NCCL_INSPECTOR_DUMP_THREAD_INTERVAL_MICROSECONDS=1000000",
  "export NCCL_INSPECTOR_DUMP_MIN_SIZE_BYTES=0",
  "export NCCL_INSPECTOR_DUMP_DIR=/var/log/nccl-inspector-$SLURM_JOB_ID",
];

/** The environment without which NCCL Inspector writes too little and too late, to be copied. */
export function InspectorEnvironment({ title }: { title: string }) {
  const [copied, setCopied] = useState(false);
  const text = LINES.join("\n");
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <details className="environment">
      <summary>{title}</summary>
      <p>
        Start the job with this environment, and name the folder under <code>lockstep: traces:</code> in the
        configuration of the collector on each node. By its defaults NCCL Inspector writes only when a communicator
        ends, and dates nothing.
      </p>
      <div className="copied">
        <pre>{text}</pre>
        <button type="button" className="button" onClick={copy}>
          {copied ? "Copied" : "Copy"}
        </button>
      </div>
      <p className="quiet">
        Any other tracer can post lines of JSON to the collector (<code>POST :4318/v1/collectives</code>), and PyTorch's
        Flight Recorder dumps tell who hangs; the project's docs/straggler.md has the forms.
      </p>
    </details>
  );
}
